// The demo's clock: shows it, moves it forward, paints the sky.

import { byId, calm, h, spinner } from "./dom.js";
import { moveClock } from "./api.js";
import { clockTime, daypart, longDate, minuteOfDay, minutesUntil, shortDate, zoneName } from "./format.js";

const MORNING_HOUR = 8;
const ROLL_MS = 900;
const GIVE_UP_MS = 60000;

export class ClockBar {
  #store; #notice; #shown = null; #rolling = false; #timer = null;

  /** `notice(text)` tells the page of a refusal. */
  constructor(store, notice) {
    this.#store = store;
    this.#notice = notice;
    byId("clock-steps").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.#move(button);
    });
    store.subscribe((type, detail) => { if (type === "clock") this.#set(detail.moved); });
    setInterval(() => { if (store.ready) store.tell("clock"); }, 1000);
  }

  async #move(button) {
    const minutes = button.dataset.minutes === "morning" ? minutesUntil(MORNING_HOUR, this.#store.now()) : Number(button.dataset.minutes);
    this.#busy(button);
    this.#timer = setTimeout(() => this.#free(), GIVE_UP_MS);
    try {
      await moveClock(minutes);
    } catch (error) {
      this.#free();
      this.#notice(error.message);
    }
  }

  #busy(button) {
    for (const other of byId("clock-steps").children) other.disabled = true;
    button.setAttribute("aria-busy", "true");
    button.append(spinner());
  }

  #free() {
    clearTimeout(this.#timer);
    for (const button of byId("clock-steps").children) {
      button.disabled = false;
      button.removeAttribute("aria-busy");
      button.querySelector(".spin")?.remove();
    }
  }

  #set(moved) {
    const now = this.#store.now();
    if (moved) {
      const wasBusy = byId("clock-steps").querySelector("[aria-busy]") !== null;
      this.#free();
      if (wasBusy) byId("clock-said").textContent = `${clockTime(now)}, ${longDate(now, "en")}`;
      if (wasBusy && this.#shown && now > this.#shown && !calm()) return this.#roll(this.#shown, now);
    }
    if (!this.#rolling) this.#draw(now);
    return undefined;
  }

  /** The hands run to the new time rather than jump. */
  #roll(from, to) {
    const started = performance.now();
    this.#rolling = true;
    const step = (at) => {
      const part = Math.min(1, (at - started) / ROLL_MS);
      const eased = 1 - (1 - part) ** 3;
      this.#draw(new Date(from.getTime() + (to - from) * eased));
      if (part < 1) return requestAnimationFrame(step);
      this.#rolling = false;
      return undefined;
    };
    requestAnimationFrame(step);
  }

  #draw(now) {
    this.#shown = now;
    byId("clock-time").textContent = clockTime(now);
    byId("clock-date").textContent = shortDate(now);
    byId("clock-zone").textContent = ` ${zoneName(now)}`;
    document.documentElement.dataset.daypart = daypart(now);
    // The sun rides the arc from 6 to 20, the moon through the rest.
    const hour = minuteOfDay(now) / 60;
    const sun = hour >= 6 && hour < 20;
    const part = sun ? (hour - 6) / 14 : ((hour + 4) % 24) / 10;
    const angle = Math.PI * (1 - Math.min(1, part));
    byId("dial-star").style.transform = `translate(${28 + Math.cos(angle) * 22}px, ${27 - Math.sin(angle) * 21}px)`;
  }
}

/** The words of a notice on the page's edge. */
export function noticeNode(text, bad, close) {
  return h("div", { class: bad ? "notice bad" : "notice" }, h("p", {}, text), close);
}
