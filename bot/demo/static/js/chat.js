// The list of messages on one phone: draws, patches, scrolls, and hears swipes and keys.

import { calm, h, icon, setBadge, wait } from "./dom.js";
import { keys, row } from "./bubble.js";
import { dayKey, dayLabel } from "./format.js";
import { langOf, wordsOf } from "./strings.js";

const NEAR_PX = 70;
const QUIET_EDIT_MS = 8000;
const SWIPE_PX = 52;

export class Chat {
  #store; #log; #jump; #jumpCount; #scene; #below = 0; #edits = new Map(); #stick = true; #size = ""; #today = "";

  /** `parts`: log, jump, jumpCount. `hooks`: act, press, openMenu, reply. */
  constructor(store, parts, hooks) {
    this.#store = store;
    this.#log = parts.log;
    this.#jump = parts.jump;
    this.#jumpCount = parts.jumpCount;
    this.hooks = hooks;
    this.#log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#log.addEventListener("keydown", (event) => this.#keydown(event));
    this.#log.addEventListener("contextmenu", (event) => this.#contextmenu(event));
    this.#jump.addEventListener("click", () => this.toEnd(true));
    new ResizeObserver(() => this.#resized()).observe(this.#log);
    this.#swipes();
  }

  /** Draws the whole chat of a person. */
  show(user) {
    const words = wordsOf(user);
    this.user = user;
    this.#edits.clear();
    this.#scene = {
      user, words, botName: this.#store.bot.name, act: this.hooks.act, openMenu: this.hooks.openMenu,
      press: (messageId, data) => this.hooks.press(messageId, data),
      isPressed: (messageId, data) => this.#store.isPressed(user, messageId, data),
      jumpTo: (messageId) => this.jumpTo(messageId),
    };
    this.#log.setAttribute("aria-label", words.chat(this.#store.bot.name));
    this.#jump.setAttribute("aria-label", words.jump);
    this.#log.replaceChildren(...user.messages.map((message) => row(message, this.#scene)));
    if (user.messages.length === 0) this.#log.append(this.hooks.welcome(user));
    this.#regroup();
    this.typing();
    this.toEnd();
  }

  add(message) {
    const near = this.#isNear();
    this.#log.querySelector(".welcome")?.remove();
    const node = row(message, this.#scene);
    node.classList.add("new");
    const later = this.#rows().find((other) => Number(other.dataset.id) > message.message_id);
    this.#log.insertBefore(node, later ?? this.#log.querySelector(".dots"));
    this.#regroup();
    if (near || !message.from_bot) this.toEnd(true);
    else this.#setBelow(this.#below + 1);
  }

  edit(message) {
    const old = this.#find(message.message_id);
    if (!old) return;
    const near = this.#isNear();
    const focused = old.contains(document.activeElement) ? [...old.querySelectorAll("button, a")].indexOf(document.activeElement) : null;
    const node = row(message, this.#scene);
    old.replaceWith(node);
    this.#regroup();
    this.#flash(node, message.message_id);
    if (focused !== null) this.#refocus(node, focused);
    if (near) this.toEnd();
  }

  /** The keyboard of the message stays, only its spinners change. */
  pressed(messageId) {
    const node = this.#find(messageId);
    const message = this.user.messages.find((other) => other.message_id === messageId);
    const old = node?.querySelector(":scope > .keys");
    const fresh = message && keys(message, this.#scene);
    if (!old || !fresh) return;
    const at = [...old.querySelectorAll(".key")].indexOf(document.activeElement);
    old.replaceWith(fresh);
    if (at >= 0) fresh.querySelectorAll(".key")[at]?.focus({ preventScroll: true });
  }

  async remove(messageId) {
    const node = this.#find(messageId);
    if (!node) return;
    const near = this.#isNear();
    const hadFocus = node.contains(document.activeElement);
    const height = node.offsetHeight;
    node.classList.add("gone");
    if (!calm()) {
      await wait(240);
      await node.animate([{ height: `${height}px`, marginTop: "3px" }, { height: "0px", marginTop: "0px" }], { duration: 160, easing: "ease" }).finished;
    }
    node.remove();
    this.#regroup();
    if (hadFocus) this.#log.focus({ preventScroll: true });
    if (near) this.toEnd();
  }

  /** The demo's clock went on: at midnight "Today" becomes "Yesterday". */
  clock() {
    if (this.user && dayKey(this.#store.now()) !== this.#today) this.#regroup();
  }

  typing() {
    const dots = this.#log.querySelector(".dots");
    if (this.user.typing && !dots) {
      const near = this.#isNear();
      this.#log.append(h("div", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")));
      if (near) this.toEnd(true);
    } else if (!this.user.typing) dots?.remove();
  }

  jumpTo(messageId) {
    const node = this.#find(messageId);
    if (!node) return;
    node.scrollIntoView({ block: "center", behavior: calm() ? "auto" : "smooth" });
    this.#flash(node, null);
  }

  toEnd(smooth = false) {
    this.#stick = true;
    this.#log.scrollTo({ top: this.#log.scrollHeight, behavior: smooth && !calm() ? "smooth" : "instant" });
    this.#setBelow(0);
  }

  #find(messageId) {
    return this.#log.querySelector(`[data-id="${Number(messageId)}"]`);
  }

  #rows() {
    return [...this.#log.querySelectorAll(":scope > [data-id]")];
  }

  #isNear() {
    return this.#stick || this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR_PX;
  }

  /** True when the list or its place has changed size since the last look: then it was not a person who scrolled. */
  #resized() {
    const size = `${this.#log.clientHeight}/${this.#log.scrollHeight}`;
    const changed = size !== this.#size;
    this.#size = size;
    if (changed && this.#stick) this.#log.scrollTop = this.#log.scrollHeight;
    return changed;
  }

  #scrolled() {
    if (this.#resized() && this.#stick) return;
    this.#stick = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR_PX;
    if (this.#stick) this.#setBelow(0);
    this.#jump.hidden = this.#stick;
  }

  #setBelow(count) {
    this.#below = count;
    setBadge(this.#jumpCount, count);
    if (count > 0) this.#jump.hidden = false;
    else if (this.#stick) this.#jump.hidden = true;
  }

  /** Day headings, and which bubble begins and ends a run of one writer. */
  #regroup() {
    this.#today = dayKey(this.#store.now());
    for (const heading of this.#log.querySelectorAll(".day")) heading.remove();
    const byId = new Map(this.user.messages.map((message) => [String(message.message_id), message]));
    const rows = this.#rows();
    let day = null;
    rows.forEach((node, i) => {
      const message = byId.get(node.dataset.id);
      const at = new Date(message?.date ?? node.dataset.date);
      const key = dayKey(at);
      const newDay = key !== day;
      if (newDay) this.#log.insertBefore(h("div", { class: "day" }, dayLabel(at, this.#store.now(), langOf(this.user), wordsOf(this.user))), node);
      day = key;
      const side = (other) => (!other || other.classList.contains("service") ? null : other.classList.contains("mine"));
      node.classList.toggle("head", newDay || side(rows[i - 1]) !== side(node));
      node.classList.toggle("tail", side(rows[i + 1]) !== side(node));
    });
  }

  /** A live timer edits every few seconds: it glows once, not each time. */
  #flash(node, messageId) {
    const last = this.#edits.get(messageId);
    if (messageId !== null) this.#edits.set(messageId, performance.now());
    if (messageId === null || last === undefined || performance.now() - last > QUIET_EDIT_MS) node.querySelector(".bubble")?.classList.add("flash");
  }

  #refocus(node, at) {
    const targets = node.querySelectorAll("button:not(.row-menu), a");
    (targets[Math.min(at, targets.length - 1)] ?? node).focus({ preventScroll: true });
  }

  #keydown(event) {
    const rows = this.#rows().filter((node) => node.classList.contains("row"));
    const at = rows.indexOf(event.target);
    const steps = { ArrowUp: at < 0 ? rows.length - 1 : at - 1, ArrowDown: at < 0 ? rows.length : at + 1, Home: 0, End: rows.length - 1 };
    if (event.key in steps && (at >= 0 || event.target === this.#log)) {
      event.preventDefault();
      rows[Math.max(0, Math.min(rows.length - 1, steps[event.key]))]?.focus();
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      this.#menuFor(rows[at]);
    }
  }

  #menuFor(node) {
    const message = this.user.messages.find((other) => String(other.message_id) === node.dataset.id);
    if (message) this.hooks.openMenu(message);
  }

  #contextmenu(event) {
    const node = event.target.closest(".row");
    if (!node || event.target.closest("a")) return;
    event.preventDefault();
    this.#menuFor(node);
  }

  /** A finger dragged to the left over a bubble replies to it. */
  #swipes() {
    let start = null;
    const end = () => {
      if (!start) return;
      const { node, mark, far } = start;
      mark?.remove();
      node.style.translate = "";
      if (far) {
        const message = this.user.messages.find((other) => String(other.message_id) === node.dataset.id);
        if (message) this.hooks.reply(message);
      }
      start = null;
    };
    this.#log.addEventListener("pointerdown", (event) => {
      const node = event.target.closest(".row");
      if (event.pointerType === "touch" && node) start = { node, x: event.clientX, far: false, mark: null };
    });
    this.#log.addEventListener("pointermove", (event) => {
      if (!start) return;
      const moved = Math.max(-80, Math.min(0, event.clientX - start.x + 8));
      if (moved === 0 && !start.mark) return;
      if (!start.mark) {
        start.mark = h("span", { class: "swipe-mark", "aria-hidden": "true" }, icon("reply"));
        start.node.append(start.mark);
      }
      start.far = moved < -SWIPE_PX;
      start.node.style.translate = `${moved}px`;
      start.mark.style.opacity = String(Math.min(1, -moved / SWIPE_PX));
    });
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) this.#log.addEventListener(name, end);
  }
}
