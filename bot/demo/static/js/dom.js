// Builds DOM nodes. Nothing on this page is ever made from a string of HTML.

const SVG = document.documentElement.querySelector("svg").namespaceURI;

/** The element with this id; a missing one is a bug and says so at once. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element #${id}`);
  return found;
}

/**
 * Makes an element.
 * `props`: `class`, `on` (listeners), `data` (dataset), `style` (custom properties); else properties such as `type`,
 * or attributes when the name has a dash or is `role` or `for`. Children: nodes, strings, null (left out), nested lists.
 */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "style") for (const [key, v] of Object.entries(value)) node.style.setProperty(key, v);
    else if (name.includes("-") || name === "role" || name === "for") node.setAttribute(name, value === true ? "true" : value);
    else node[name] = value;
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An icon of the sprite in index.html, by its name without `i-`. */
export function icon(name, className = "") {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("aria-hidden", "true");
  if (className) svg.setAttribute("class", className);
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export const logo = (size) => h("span", { class: `logo ${size}` }, icon("mark"));
export const spinner = () => h("span", { class: "spin", "aria-hidden": "true" });
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
export const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** Shows `count` in a badge, or hides it at zero. */
export function setBadge(badge, count) {
  badge.hidden = count === 0;
  badge.textContent = count > 99 ? "99+" : String(count);
}

/** Reads and writes small preferences; a browser that refuses storage just forgets them. */
export const prefs = {
  get(key) {
    try { return JSON.parse(sessionStorage.getItem(`waymark.${key}`)); } catch { return null; }
  },
  set(key, value) {
    try { sessionStorage.setItem(`waymark.${key}`, JSON.stringify(value)); } catch { /* forgotten */ }
  },
};
