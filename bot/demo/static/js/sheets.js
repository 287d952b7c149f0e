// Sheets that rise from the phone's foot, alerts, and short toasts.

import { h, icon } from "./dom.js";

const TOAST_MS = 4200;
const PLACES = [["New York", 40.7128, -74.006], ["Los Angeles", 34.0522, -118.2437], ["Madrid", 40.4168, -3.7038]];
const STICKERS = ["👍", "❤️", "🙏", "😊", "😢", "😮", "💪", "🌱", "☀️", "🔥"];

export class Sheets {
  #layer; #toast; #behind; #back = null; #timer; #done = null;

  /** `behind` are the parts of the phone that must not be reached while a sheet is open. */
  constructor(layer, toast, behind) {
    this.#layer = layer;
    this.#toast = toast;
    this.#behind = behind;
    // Escape closes from anywhere, but a sheet of the other phone stays while the focus is within this one.
    layer.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.stopPropagation(); this.close(); }
    });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(); });
  }

  get isOpen() {
    return !this.#layer.hidden;
  }

  #open(node, onClose = null) {
    this.close();
    this.#back = document.activeElement;
    this.#done = onClose;
    this.#layer.replaceChildren(h("button", { type: "button", class: "scrim", tabIndex: -1, "aria-hidden": "true", on: { click: () => this.close() } }), node);
    this.#layer.hidden = false;
    for (const part of this.#behind) part.inert = true;
    (node.querySelector("[data-first]") ?? node.querySelector("input:not([hidden]), button"))?.focus({ preventScroll: true });
  }

  close() {
    if (!this.isOpen) return;
    this.#layer.hidden = true;
    this.#layer.replaceChildren();
    for (const part of this.#behind) part.inert = false;
    this.#done?.();
    this.#done = null;
    if (this.#back?.isConnected) this.#back.focus({ preventScroll: true });
    this.#back = null;
  }

  /** A sheet with a heading; `content` are nodes. */
  sheet(title, text, content, onClose = null) {
    this.#open(h("div", { class: "sheet", role: "dialog", "aria-label": title }, h("h3", {}, title), text ? h("p", {}, text) : null, content), onClose);
  }

  alert(text, words) {
    this.#open(h("div", { class: "alert", role: "alertdialog", "aria-label": text }, text, h("button", { type: "button", class: "primary", on: { click: () => this.close() } }, words.ok)));
  }

  toast(text) {
    clearTimeout(this.#timer);
    this.#toast.replaceChildren(h("div", { class: "toast" }, text));
    this.#timer = setTimeout(() => this.#toast.replaceChildren(), TOAST_MS);
  }

  clearToast() {
    clearTimeout(this.#timer);
    this.#toast.replaceChildren();
  }

  /** Rows to choose from: `[{icon, text, small, run}]`. */
  options(list) {
    return list.map((item) => h("button", { type: "button", class: "option", on: { click: () => { this.close(); item.run(); } } },
      item.icon ? icon(item.icon) : null, h("span", {}, item.text, item.small ? h("small", {}, item.small) : null)));
  }

  attach(words, run) {
    const items = [["photo", "photo"], ["doc", "document"], ["mic", "voice"], ["pin", "location"], ["person", "contact"], ["smile", "sticker"]];
    this.sheet(words.attach, "", h("div", { class: "attach-grid" }, this.options(items.map(([face, name]) => ({ icon: face, text: words[name], run: () => run(name) })))));
  }

  stickers(words, run) {
    this.sheet(words.sticker, "", h("div", { class: "stickers" }, STICKERS.map((emoji) => h("button", { type: "button", on: { click: () => { this.close(); run(emoji); } } }, emoji))));
  }

  places(words, run) {
    const lat = h("input", { inputMode: "decimal", placeholder: "41.3874", required: true, name: "lat" });
    const lon = h("input", { inputMode: "decimal", placeholder: "2.1686", required: true, name: "lon" });
    const own = (event) => {
      event.preventDefault();
      const [a, b] = [lat, lon].map((input) => (input.value.trim() === "" ? NaN : Number(input.value.trim().replace(",", "."))));
      if (!(Math.abs(a) <= 90 && Math.abs(b) <= 180)) return this.toast(words.badPlace);
      this.close();
      return run(a, b);
    };
    const rows = this.options(PLACES.map(([name, a, b]) => ({ icon: "pin", text: name, small: `${a.toFixed(4)}, ${b.toFixed(4)}`, run: () => run(a, b) })));
    rows[0].dataset.first = "";
    this.sheet(words.places, words.placesText, [rows, h("hr"), h("form", { on: { submit: own } },
      h("div", { class: "pair" }, h("label", { class: "input" }, words.latitude, lat), h("label", { class: "input" }, words.longitude, lon)),
      h("button", { type: "submit", class: "primary" }, words.send))]);
  }

  contact(words, number, run) {
    const input = h("input", { type: "tel", value: number, required: true, name: "phone" });
    const submit = (event) => {
      event.preventDefault();
      this.close();
      run(input.value.trim());
    };
    this.sheet(words.shareContact, words.shareContactText, h("form", { on: { submit } },
      h("label", { class: "input" }, words.phone, input), h("button", { type: "submit", class: "primary", data: { first: "" } }, words.send)));
  }

  /** What was picked, a caption, and Send. */
  file(words, file, kind, run) {
    const caption = h("input", { name: "caption", maxLength: 1024, data: { first: "" } });
    const address = kind === "photo" ? URL.createObjectURL(file) : null;
    const submit = (event) => {
      event.preventDefault();
      this.close();
      run(file, caption.value.trim());
    };
    this.sheet(words[kind], address ? "" : file.name, h("form", { on: { submit } },
      address ? h("img", { class: "preview", src: address, alt: "" }) : null,
      h("label", { class: "input" }, words.caption, caption), h("button", { type: "submit", class: "primary" }, words.send)),
    () => { if (address) URL.revokeObjectURL(address); });
  }
}
