// The faces above a phone: whose phone it is, and who has something unread.

import { h, prefs, setBadge } from "./dom.js";

// All dark enough for white letters.
const FACES = ["#2c6e5d", "#7a4b8c", "#a04a2c", "#35618f", "#7d5d14", "#8f3f5c", "#4d6a2a", "#4a4f9c"];

export class People {
  #box; #side; #store; #choose; #badges = new Map();

  constructor(store, box, side, choose) {
    this.#store = store;
    this.#box = box;
    this.#side = side;
    this.#choose = choose;
    box.setAttribute("aria-label", side === "patient" ? "Whose phone, patients and visitors" : "Whose phone, staff");
  }

  /** Draws the faces and gives the person to show: the remembered one, else the first. */
  draw(current) {
    const people = this.#store.people(this.#side);
    const wanted = current?.id ?? prefs.get(`person.${this.#side}`);
    const chosen = people.find((user) => user.id === wanted) ?? people[0];
    this.#badges.clear();
    this.#box.replaceChildren(...people.map((user, i) => this.#face(user, i, user === chosen)));
    this.unread();
    return chosen;
  }

  #face(user, i, checked) {
    const badge = h("span", { class: "badge", hidden: true });
    this.#badges.set(user, badge);
    const letters = user.first_name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => word[0]).join("").toUpperCase();
    const input = h("input", { type: "radio", name: `person-${this.#side}`, value: String(user.id), checked, on: { change: () => this.#choose(user) } });
    return h("label", { class: "person", title: `${user.first_name} · ${user.phone}` }, input,
      h("span", { class: "face", "aria-hidden": "true", style: { "--face": FACES[(i + (this.#side === "staff" ? 3 : 0)) % FACES.length] } }, letters || "?"),
      h("span", { class: "person-name" }, h("b", {}, user.first_name), h("small", {}, user.phone)), badge);
  }

  select(user) {
    prefs.set(`person.${this.#side}`, user.id);
    for (const input of this.#box.querySelectorAll("input")) input.checked = input.value === String(user.id);
    this.#box.querySelector(":checked")?.parentElement.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  unread() {
    for (const [user, badge] of this.#badges) setBadge(badge, user.unread);
  }
}
