// Text with entities (offsets in UTF-16 units, as JavaScript counts) -> DOM nodes.

import { h } from "./dom.js";

const PLAIN_TAGS = { bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre", blockquote: "blockquote" };

/** The address if a browser may open it, else null: only http and https, whatever a message says. */
export function safeUrl(address) {
  try {
    const url = new URL(address.includes(":") ? address : `https://${address}`);
    return url.protocol === "http:" || url.protocol === "https:" ? url : null;
  } catch {
    return null;
  }
}

function linkButton(kind, value, act) {
  return h("button", { type: "button", class: "link", on: { click: () => act(kind, value) } });
}

function wrapper(entity, piece, act, words) {
  switch (entity.type) {
    case "url":
    case "text_link": {
      const url = safeUrl(entity.url ?? piece);
      if (!url) return h("span");
      return h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer", on: { click: (event) => act("url", url, event) } });
    }
    case "phone_number":
    case "email":
    case "bot_command":
      return linkButton(entity.type, piece, act);
    case "mention":
    case "hashtag":
    case "cashtag":
    case "text_mention":
      return h("span", { class: "link" });
    case "spoiler":
      return h("span", {
        class: "spoiler", role: "button", tabIndex: 0, "aria-label": words.spoiler,
        on: {
          click: (event) => reveal(event.currentTarget),
          keydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); reveal(event.currentTarget); } },
        },
      });
    case "expandable_blockquote":
      return h("blockquote", { class: "more", on: { click: (event) => event.currentTarget.classList.toggle("open") } });
    default:
      return h(PLAIN_TAGS[entity.type] ?? "span");
  }
}

function reveal(node) {
  node.classList.add("shown");
  node.removeAttribute("aria-label");
  node.removeAttribute("role");
}

/**
 * Nodes for `text`, nested as the entities are.
 * `act(kind, value, event)` hears taps: kind url (a URL), phone_number, email or bot_command (the text).
 */
export function render(text, entities, act, words) {
  const sorted = [...(entities ?? [])].filter((e) => e.length > 0).sort((a, b) => a.offset - b.offset || b.length - a.length);
  const build = (from, to, inside) => {
    const nodes = [];
    let at = from;
    for (let i = 0; i < inside.length;) {
      const entity = inside[i];
      const start = Math.max(entity.offset, at);
      const end = Math.min(entity.offset + entity.length, to);
      i += 1;
      if (end <= start) continue;
      const nested = [];
      while (i < inside.length && inside[i].offset < end) { nested.push(inside[i]); i += 1; }
      if (start > at) nodes.push(text.slice(at, start));
      const node = wrapper(entity, text.slice(start, end), act, words);
      node.append(...build(start, end, nested));
      nodes.push(node);
      at = end;
    }
    if (at < to) nodes.push(text.slice(at, to));
    return nodes;
  };
  return build(0, text.length, sorted);
}
