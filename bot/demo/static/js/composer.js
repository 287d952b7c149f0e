// The phone's foot: writing, replying, editing, commands, reply keyboard, Start and Unblock.

import { calm, h, icon, wait } from "./dom.js";
import { summary } from "./bubble.js";
import { seconds } from "./format.js";
import { record } from "./recorder.js";
import { wordsOf } from "./strings.js";

const TALLEST_PX = 118;

export class Composer {
  #foot; #hooks; #kind = null; #recording = null; #picked = 0;
  #input; #pill; #row; #bar; #keys; #suggest; #toggle; #attach; #send;

  /** `hooks`: botName(), send(text, replyTo), edit(message, text), start(payload), unblock(), attach(), commands(), share(kind), voice(file, duration), noMic(). */
  constructor(foot, hooks) {
    this.#foot = foot;
    this.#hooks = hooks;
    this.#build();
  }

  #build() {
    this.#input = h("textarea", { rows: 1, enterKeyHint: "send", maxLength: 4096, autocomplete: "off", "aria-autocomplete": "list", on: { input: () => this.#typed(), keydown: (event) => this.#keydown(event), paste: (event) => this.#paste(event) } });
    this.#pill = h("button", { type: "button", class: "menu-pill", "aria-haspopup": "dialog", on: { click: () => this.#hooks.commands() } }, icon("menu"), h("span"));
    this.#toggle = h("button", { type: "button", class: "round", on: { click: () => this.#toggleKeys() } }, icon("keys"));
    this.#attach = h("button", { type: "button", class: "round", "aria-haspopup": "dialog", on: { click: () => this.#hooks.attach() } }, icon("clip"));
    this.#send = h("button", { type: "button", class: "round send", on: { click: () => this.#go() } }, icon("mic"));
    this.#bar = h("div", { class: "bar", hidden: true });
    this.#keys = h("div", { class: "keyboard", hidden: true });
    this.#suggest = h("div", { class: "suggest", role: "listbox", hidden: true });
    this.#row = h("div", { class: "composer" }, this.#pill, h("div", { class: "field" }, this.#input, this.#toggle, this.#attach), this.#send);
  }

  /** Draws the foot for a person, from scratch where its kind changed. */
  show(user) {
    const changed = user !== this.user;
    this.user = user;
    this.words = wordsOf(user);
    if (changed && this.#recording) this.#stopRecording(false);
    const kind = user.blocked ? "blocked" : user.messages.length === 0 ? "start" : "write";
    if (kind !== this.#kind || changed) {
      this.#kind = kind;
      this.#foot.replaceChildren(...(kind === "write" ? [this.#suggest, this.#bar, this.#row, this.#keys] : [this.#note(kind)]));
    }
    if (kind !== "write") return;
    if (changed) this.#input.value = user.draft;
    this.#pill.lastChild.textContent = this.words.menu;
    this.#pill.setAttribute("aria-label", this.words.commands);
    this.#attach.setAttribute("aria-label", this.words.attach);
    this.#toggle.setAttribute("aria-label", this.words.keyboard);
    this.drawBar();
    this.drawKeys();
    this.#typed();
  }

  #note(kind) {
    const { words } = this;
    const button = (text, run) => h("button", { type: "button", class: "primary", on: { click: run } }, text);
    return h("div", { class: "foot-note" },
      kind === "blocked" ? [h("p", { class: "sr" }, words.blockedNote), button(words.unblock, () => this.#hooks.unblock())] : button(words.start, () => this.#hooks.start("")));
  }

  focus() {
    if (this.#kind === "write") this.#input.focus({ preventScroll: true });
  }

  reply(message) {
    Object.assign(this.user, { replyTo: message, editing: null });
    this.drawBar();
    this.focus();
  }

  edit(message) {
    Object.assign(this.user, { editing: message, replyTo: null });
    this.#input.value = message.text;
    this.drawBar();
    this.#typed();
    this.focus();
  }

  drawBar() {
    const { editing, replyTo } = this.user;
    const message = editing ?? replyTo;
    this.#bar.hidden = !message;
    if (!message) return;
    const heading = editing ? this.words.editing : this.words.replyTo(message.from_bot ? this.#hooks.botName() : this.words.you);
    this.#bar.replaceChildren(icon(editing ? "edit" : "reply"), h("div", {}, h("b", {}, heading), h("span", {}, summary(message, this.words))),
      h("button", { type: "button", class: "round", "aria-label": this.words.cancel, on: { click: () => this.#dropBar() } }, icon("close")));
  }

  #dropBar() {
    if (this.user.editing) this.#input.value = "";
    Object.assign(this.user, { editing: null, replyTo: null });
    this.drawBar();
    this.#typed();
    this.focus();
  }

  drawKeys() {
    const { reply_keyboard: keyboard, keysHidden } = this.user;
    this.#toggle.hidden = !keyboard;
    this.#toggle.setAttribute("aria-expanded", String(Boolean(keyboard) && !keysHidden));
    this.#keys.hidden = !keyboard || keysHidden;
    this.#input.placeholder = keyboard?.placeholder || this.words.message;
    this.#input.setAttribute("aria-label", this.#input.placeholder);
    if (!keyboard) return;
    this.#keys.replaceChildren(...keyboard.rows.map((line) => h("div", { class: "keys-row" }, line.map((button) => {
      const face = button.request_location ? icon("pin") : button.request_contact ? icon("person") : null;
      return h("button", { type: "button", class: "key", on: { click: () => this.#pressKey(button, keyboard) } }, h("span", {}, face, button.text));
    }))));
  }

  #pressKey(button, keyboard) {
    if (keyboard.one_time) {
      this.user.keysHidden = true;
      this.drawKeys();
      this.focus();
    }
    if (button.request_location) this.#hooks.share("location");
    else if (button.request_contact) this.#hooks.share("contact");
    else this.#hooks.send(button.text, null);
  }

  #toggleKeys() {
    this.user.keysHidden = !this.user.keysHidden;
    this.drawKeys();
  }

  #typed() {
    const input = this.#input;
    if (!this.user.editing) this.user.draft = input.value;
    input.style.height = "37px";
    if (input.value) input.style.height = `${Math.min(input.scrollHeight, TALLEST_PX)}px`;
    const filled = input.value.trim() !== "";
    const face = this.user.editing ? "check" : filled ? "send" : "mic";
    const use = this.#send.querySelector("use");
    if (use.getAttribute("href") !== `#i-${face}`) {
      use.setAttribute("href", `#i-${face}`);
      this.#send.classList.remove("pop");
      void this.#send.offsetWidth;
      this.#send.classList.add("pop");
    }
    this.#send.setAttribute("aria-label", face === "mic" ? this.words.record : this.words.send);
    this.#pill.hidden = this.user.commands.length === 0;
    this.#row.classList.toggle("typing", filled);
    this.#drawSuggest();
  }

  #matches() {
    const typed = /^\/(\w*)$/.exec(this.#input.value);
    return typed ? this.user.commands.filter((item) => item.command.startsWith(typed[1].toLowerCase())) : [];
  }

  #drawSuggest() {
    const found = this.#matches();
    this.#suggest.hidden = found.length === 0;
    this.#picked = Math.min(this.#picked, Math.max(0, found.length - 1));
    this.#suggest.replaceChildren(...found.map((item, i) => {
      const node = commandRow(item, () => this.#run(item));
      node.setAttribute("role", "option");
      node.setAttribute("aria-selected", String(i === this.#picked));
      node.tabIndex = -1;
      return node;
    }));
    this.#suggest.children[this.#picked]?.scrollIntoView({ block: "nearest" });
  }

  #run(item) {
    this.#clear();
    this.#hooks.send(`/${item.command}`, null);
    this.focus();
  }

  #clear() {
    this.#input.value = "";
    Object.assign(this.user, { replyTo: null, editing: null, draft: "" });
    this.#picked = 0;
    this.drawBar();
    this.#typed();
  }

  #keydown(event) {
    const found = this.#matches();
    if (event.isComposing) return;
    if (found.length && ["ArrowUp", "ArrowDown", "Enter", "Tab"].includes(event.key)) {
      event.preventDefault();
      if (event.key === "Enter") return this.#run(found[this.#picked]);
      if (event.key === "Tab") {
        this.#input.value = `/${found[this.#picked].command}`;
        return this.#typed();
      }
      this.#picked = (this.#picked + (event.key === "ArrowUp" ? found.length - 1 : 1)) % found.length;
      return this.#drawSuggest();
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (this.#input.value.trim()) this.#go();
    } else if (event.key === "Escape" && (this.user.replyTo || this.user.editing)) {
      event.stopPropagation();
      this.#dropBar();
    } else if (event.key === "ArrowUp" && this.#input.value === "") {
      const last = this.user.messages.findLast((message) => !message.from_bot && message.text);
      if (last) { event.preventDefault(); this.edit(last); }
    }
    return undefined;
  }

  #paste(event) {
    const file = [...(event.clipboardData?.files ?? [])][0];
    if (!file) return;
    event.preventDefault();
    this.#hooks.file(file);
  }

  async #go() {
    const text = this.#input.value.trim();
    const { editing, replyTo, user } = { ...this.user, user: this.user };
    if (!text) return editing ? this.#dropBar() : this.voice();
    this.#clear();
    this.focus();
    const went = editing ? editing.text === text || await this.#hooks.edit(editing, text) : await this.#hooks.send(text, replyTo?.message_id ?? null);
    if (!went && !editing) {
      user.draft = user.draft || text;
      if (this.user === user && !this.#input.value) {
        this.#input.value = text;
        this.#typed();
      }
    }
    return undefined;
  }

  /** Writes `text` as a hand would, then sends it. */
  async typeAndSend(text) {
    const { user } = this;
    if (this.#kind !== "write") return this.#hooks.send(text, null);
    this.focus();
    if (!calm()) {
      for (let i = 1; i <= text.length && this.user === user; i += Math.ceil(text.length / 40)) {
        this.#input.value = text.slice(0, i);
        this.#typed();
        await wait(22);
      }
      await wait(160);
    }
    if (this.user === user) this.#clear();
    return this.#hooks.send(text, null);
  }

  async voice() {
    const { user } = this;
    let recording;
    try {
      recording = await record();
    } catch {
      return this.#hooks.noMic();
    }
    if (this.user !== user || this.#kind !== "write") return recording.cancel();
    const clock = h("span", {}, "0:00");
    const timer = setInterval(() => { clock.textContent = seconds(recording.elapsed()); }, 200);
    const round = (face, label, run, extra = "") => h("button", { type: "button", class: `round ${extra}`, "aria-label": label, on: { click: run } }, icon(face));
    const panel = h("div", { class: "recording" }, h("i", { class: "live", "aria-hidden": "true" }), clock,
      round("close", this.words.cancel, () => this.#stopRecording(false)), round("send", this.words.send, () => this.#stopRecording(true), "send"));
    this.#recording = { recording, timer, panel };
    this.#row.replaceWith(panel);
    panel.querySelector(".send").focus();
    return undefined;
  }

  async #stopRecording(keep) {
    const { recording, timer, panel } = this.#recording;
    this.#recording = null;
    clearInterval(timer);
    if (panel.isConnected) panel.replaceWith(this.#row);
    if (!keep) return recording.cancel();
    const { file, duration } = await recording.stop();
    return this.#hooks.voice(file, duration);
  }
}

/** One line of a command list. */
export function commandRow(item, run) {
  return h("button", { type: "button", class: "command", on: { click: run } }, h("b", {}, `/${item.command}`), h("span", {}, item.description));
}
