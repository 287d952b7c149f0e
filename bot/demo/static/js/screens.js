// What the phone shows around the chat: status bar, home screen, lock screen, banners.

import { h, logo, setBadge } from "./dom.js";
import { ago, clockTime, longDate } from "./format.js";
import { langOf, wordsOf } from "./strings.js";

const BANNER_MS = 6000;
const SHOWN_NOTES = 5;

export class Screens {
  #parts; #open; #timer; #store;

  /** `open(user)` opens the chat, for taps on notices. */
  constructor(store, parts, open) {
    this.#store = store;
    this.#parts = parts;
    this.#open = open;
  }

  show(user) {
    const words = wordsOf(user);
    const { phone, app, home, lock } = this.#parts;
    this.user = user;
    phone.dataset.mode = user.mode;
    for (const [part, mode] of [[app, "app"], [home, "home"], [lock, "lock"]]) part.inert = user.mode !== mode;
    this.#parts["lock-button"].setAttribute("aria-pressed", String(user.mode === "lock"));
    for (const name of ["lock-button", "side-button"]) {
      this.#parts[name].setAttribute("aria-label", user.mode === "lock" ? words.unlock : words.lock);
      this.#parts[name].title = user.mode === "lock" ? words.unlock : words.lock;
    }
    this.#parts["lock-icon"].setAttribute("href", user.mode === "lock" ? "#i-unlock" : "#i-lock");
    this.#parts.unlock.setAttribute("aria-label", words.unlock);
    this.#parts["lock-hint"].textContent = words.tapUnlock;
    this.#parts["home-hint"].textContent = words.openApp;
    this.#parts["home-button"].setAttribute("aria-label", words.home);
    this.#parts["app-name"].textContent = this.#store.bot.name;
    if (user.mode !== "home") this.#clearBanner();
    this.unread();
    this.notes();
    this.clock();
  }

  unread() {
    setBadge(this.#parts["app-badge"], this.user.unread);
    this.#parts["open-app"].setAttribute("aria-label", `${this.#store.bot.name}${this.user.unread ? `, ${wordsOf(this.user).unread(this.user.unread)}` : ""}`);
  }

  clock() {
    const now = this.#store.now();
    this.#parts["status-time"].textContent = clockTime(now);
    this.#parts["lock-time"].textContent = clockTime(now);
    this.#parts["lock-date"].textContent = longDate(now, langOf(this.user));
    for (const time of this.#parts["lock-notes"].querySelectorAll("time")) time.textContent = ago(new Date(time.dateTime), now, wordsOf(this.user));
  }

  #note(note, fresh) {
    const words = wordsOf(this.user);
    return h("button", { type: "button", class: fresh ? "note fresh" : "note", on: { click: () => this.#open(this.user) } },
      logo(""), h("b", {}, note.title), h("time", { dateTime: note.at.toISOString() }, ago(note.at, this.#store.now(), words)), h("span", { class: "note-text", dir: "auto" }, note.text));
  }

  notes(fresh = null) {
    const { notes } = this.user;
    const rest = notes.length - SHOWN_NOTES;
    this.#parts["lock-notes"].replaceChildren(...notes.slice(0, SHOWN_NOTES).map((note) => h("li", {}, this.#note(note, note === fresh))),
      ...(rest > 0 ? [h("li", { class: "note-more" }, wordsOf(this.user).more(rest))] : []));
  }

  /** A notice has come in while the chat is not on the screen. */
  push(note) {
    this.notes(note);
    if (!note.silent) this.#buzz();
    if (this.user.mode !== "home") return;
    const banner = this.#note(note, false);
    this.#parts.banner.replaceChildren(banner);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      banner.classList.add("leaving");
      this.#timer = setTimeout(() => this.#clearBanner(), 260);
    }, BANNER_MS);
  }

  #clearBanner() {
    clearTimeout(this.#timer);
    this.#parts.banner.replaceChildren();
  }

  #buzz() {
    const { phone } = this.#parts;
    phone.classList.remove("buzz");
    void phone.offsetWidth;
    phone.classList.add("buzz");
  }
}
