// One phone: whose it is, what it shows, and what its holder does.

import { byId, h, icon, wait } from "./dom.js";
import { Refused, phoneOf } from "./api.js";
import { Chat } from "./chat.js";
import { Composer, commandRow } from "./composer.js";
import { People } from "./people.js";
import { testTone } from "./recorder.js";
import { Screens } from "./screens.js";
import { Sheets } from "./sheets.js";
import { wordsOf } from "./strings.js";

const BUSY_WORDS = { upload_photo: "sendingPhoto", upload_document: "sendingFile", record_voice: "sendingVoice", upload_voice: "sendingVoice", find_location: "findingPlace" };

export class Phone {
  user = null;
  #store; #side; #parts; #chat; #composer; #people; #screens; #sheets; #invites = [];

  constructor(store, side) {
    this.#store = store;
    this.#side = side;
    const slot = byId(side);
    const content = byId("phone-template").content.cloneNode(true);
    this.#parts = Object.fromEntries([...content.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    slot.append(content);
    const parts = this.#parts;
    this.#sheets = new Sheets(parts.sheet, parts.toast, [parts.app]);
    this.#people = new People(store, parts.people, side, (user) => this.show(user));
    this.#screens = new Screens(store, parts, (user) => store.setMode(user, "app"));
    this.#chat = new Chat(store, { log: parts.log, jump: parts.jump, jumpCount: parts["jump-count"] }, {
      act: (kind, value, event) => this.#act(kind, value, event), press: (messageId, data) => this.#press(messageId, data),
      openMenu: (message) => this.#messageMenu(message), reply: (message) => this.#composer.reply(message), welcome: (user) => this.#welcome(user),
    });
    this.#composer = new Composer(parts.foot, {
      botName: () => store.bot.name, send: (text, replyTo) => this.#do((me) => me.text(text, replyTo)), edit: (message, text) => this.#do((me) => me.edit(message.message_id, text)),
      start: (payload) => this.#do((me) => me.start(payload)), unblock: () => this.#unblock(), attach: () => this.#attach(), commands: () => this.#commands(), share: (kind) => this.#share(kind),
      voice: (file, duration) => this.#do((me) => me.voice(file, duration)), noMic: () => this.#noMic(), file: (file) => this.#sendFile(file),
    });
    this.#listen();
    store.subscribe((type, detail) => this.#hear(type, detail));
  }

  /** Whether this person's chat can be seen on this phone now. */
  shows(user) {
    return this.user === user && user.mode === "app" && this.#parts.phone.offsetParent !== null;
  }

  /** Hands the phone to a person. */
  show(user) {
    this.#sheets.close();
    this.#sheets.clearToast();
    this.user = user;
    this.#people.select(user);
    this.#parts["bot-name"].textContent = this.#store.bot.name;
    this.#parts.block.checked = user.blocked;
    this.#chat.show(user);
    this.#composer.show(user);
    this.#screens.show(user);
    this.#state();
    this.#store.seen(user);
    this.#store.tell("unread", { user });
  }

  /** The chips with invitation codes in an empty chat. */
  setInvites(invites) {
    this.#invites = invites;
    if (this.user?.messages.length === 0) this.#chat.show(this.user);
  }

  /** Does something for a card of the trail: opens the chat, types, sends. */
  async perform(user, action) {
    if (user !== this.user) this.show(user);
    this.#store.setMode(user, "app");
    if (!action) return this.#composer.focus();
    await wait(320);
    return action.kind === "start" ? this.#do((me) => me.start(action.payload ?? "")) : this.#composer.typeAndSend(action.payload);
  }

  #listen() {
    const { phone, block, unlock } = this.#parts;
    const toggleLock = () => this.#store.setMode(this.user, this.user.mode === "lock" ? this.user.behind : "lock");
    this.#parts["side-button"].addEventListener("click", toggleLock);
    this.#parts["lock-button"].addEventListener("click", toggleLock);
    unlock.addEventListener("click", toggleLock);
    this.#parts["home-button"].addEventListener("click", () => this.#store.setMode(this.user, "home"));
    this.#parts["open-app"].addEventListener("click", () => this.#store.setMode(this.user, "app"));
    block.addEventListener("change", async () => {
      const went = block.checked ? await this.#do((me) => me.block(true)) : await this.#do((me) => me.block(false));
      if (!went) block.checked = this.user.blocked;
    });
    phone.addEventListener("dragover", (event) => {
      event.preventDefault();
      phone.classList.toggle("dragging", this.user?.mode === "app");
    });
    phone.addEventListener("dragleave", (event) => { if (!phone.contains(event.relatedTarget)) phone.classList.remove("dragging"); });
    phone.addEventListener("drop", (event) => {
      event.preventDefault();
      phone.classList.remove("dragging");
      const file = event.dataTransfer.files[0];
      if (file && this.user.mode === "app") this.#sendFile(file);
    });
  }

  #hear(type, detail) {
    if (type === "snapshot" || type === "people") {
      const chosen = this.#people.draw(this.user);
      if (chosen && (type === "snapshot" || !this.user)) this.show(chosen);
      return;
    }
    if (!this.user) return;
    if (type === "clock") {
      this.#screens.clock();
      this.#chat.clock();
    }
    if (type === "unread") this.#people.unread();
    if (detail.user !== this.user) return;
    const { user } = this;
    switch (type) {
      case "message":
        this.#chat.add(detail.message);
        if (user.messages.length === 1) this.#composer.show(user);
        break;
      case "edit": this.#chat.edit(detail.message); break;
      case "delete": this.#chat.remove(detail.messageId); break;
      case "press": this.#chat.pressed(detail.messageId); break;
      case "toast": this.#toast(detail); break;
      case "typing": this.#chat.typing(); this.#state(); break;
      case "commands": case "keyboard": this.#composer.show(user); break;
      case "mode": this.#mode(); break;
      case "unread": this.#screens.unread(); this.#screens.notes(); break;
      case "push": this.#screens.push(detail.note); break;
      case "user":
        this.#people.draw(user);
        this.#parts.block.checked = user.blocked;
        this.#composer.show(user);
        this.#screens.show(user);
        this.#state();
        break;
      default:
    }
  }

  #mode() {
    const within = this.#parts.screen.contains(document.activeElement);
    if (this.user.mode !== "app") {
      this.#sheets.close();
      this.#sheets.clearToast();
    }
    this.#screens.show(this.user);
    if (within || document.activeElement === document.body) {
      const next = { app: null, home: this.#parts["open-app"], lock: this.#parts.unlock }[this.user.mode];
      if (next) next.focus({ preventScroll: true });
      else if (matchMedia("(hover: hover)").matches) this.#composer.focus();
      else this.#parts.log.focus({ preventScroll: true });
    }
    if (this.user.mode === "app") this.#chat.toEnd();
  }

  #state() {
    const words = wordsOf(this.user);
    const { typing } = this.user;
    const state = this.#parts["bot-state"];
    state.textContent = typing ? words[BUSY_WORDS[typing.action] ?? "typing"] : words.bot;
    state.classList.toggle("busy", Boolean(typing));
  }

  #toast({ text, alert }) {
    if (this.user.mode !== "app") return;
    if (alert) this.#sheets.alert(text, wordsOf(this.user));
    else this.#sheets.toast(text);
  }

  /** Runs one act of the person shown; says on the phone when the server refuses. True when it went. */
  async #do(act) {
    try {
      await act(phoneOf(this.user.id));
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#sheets.toast(error.message);
      return false;
    }
  }

  async #press(messageId, data) {
    const { user } = this;
    this.#store.pressStarted(user, messageId, data);
    if (!(await this.#do((me) => me.press(messageId, data)))) this.#store.pressEnded(user, messageId, data);
  }

  async #unblock() {
    const { user } = this;
    if (!(await this.#do((me) => me.block(false)))) return false;
    return user.messages.length === 0 || this.#do(() => phoneOf(user.id).start(""));
  }

  #act(kind, value, event) {
    const words = wordsOf(this.user);
    if (kind === "url") {
      const ours = value.hostname === "t.me" && value.pathname.slice(1).toLowerCase() === this.#store.bot.username.toLowerCase();
      if (!ours) return;
      event.preventDefault();
      this.#do((me) => me.start(value.searchParams.get("start") ?? ""));
    } else if (kind === "bot_command") this.#do((me) => me.text(value));
    else if (kind === "phone_number") this.#sheets.toast(words.calling(value));
    else if (kind === "email") this.#sheets.toast(words.mailing(value));
    else if (kind === "save") this.#sheets.toast(words.saved(value));
  }

  #messageMenu(message) {
    const words = wordsOf(this.user);
    const text = message.text || message.caption;
    const list = [{ icon: "reply", text: words.reply, run: () => this.#composer.reply(message) }];
    if (!message.from_bot && message.text) list.push({ icon: "edit", text: words.edit, run: () => this.#composer.edit(message) });
    if (text && !message.protected) list.push({ icon: "copy", text: words.copy, run: () => this.#copy(text, words) });
    this.#sheets.sheet(words.actions, message.protected ? words.protectedNote : "", this.#sheets.options(list));
  }

  async #copy(text, words) {
    try {
      await navigator.clipboard.writeText(text);
      this.#sheets.toast(words.copied);
    } catch { /* the browser forbids it: nothing was promised */ }
  }

  #commands() {
    const words = wordsOf(this.user);
    this.#sheets.sheet(words.commands, "", this.user.commands.map((item) => commandRow(item, () => {
      this.#sheets.close();
      this.#do((me) => me.text(`/${item.command}`));
    })));
  }

  #attach() {
    this.#sheets.attach(wordsOf(this.user), (kind) => {
      if (kind === "photo" || kind === "document") this.#pick(kind);
      else if (kind === "voice") this.#composer.voice();
      else this.#share(kind);
    });
  }

  #share(kind) {
    const words = wordsOf(this.user);
    if (kind === "location") this.#sheets.places(words, (lat, lon) => this.#do((me) => me.location(lat, lon)));
    else if (kind === "sticker") this.#sheets.stickers(words, (emoji) => this.#do((me) => me.sticker(emoji)));
    else this.#sheets.contact(words, `+1212555${String(100 + (Math.abs(this.user.id) % 100)).padStart(4, "0")}`, (phone) => this.#do((me) => me.contact(phone)));
  }

  #pick(kind) {
    const input = h("input", { type: "file", accept: kind === "photo" ? "image/*" : "" });
    input.addEventListener("change", () => { if (input.files[0]) this.#sendFile(input.files[0], kind); });
    input.click();
  }

  #sendFile(file, kind = file.type.startsWith("image/") ? "photo" : "document") {
    this.#sheets.file(wordsOf(this.user), file, kind, (chosen, caption) => this.#do((me) => me[kind](chosen, caption)));
  }

  #noMic() {
    const words = wordsOf(this.user);
    const run = () => this.#do((me) => me.voice(testTone(), 1));
    this.#sheets.sheet(words.noMic, words.noMicText, this.#sheets.options([{ icon: "mic", text: words.testTone, run }]));
  }

  #welcome(user) {
    const words = wordsOf(user);
    const chips = this.#side === "patient" ? this.#invites.map((invite) => h("button", { type: "button", class: "chip", on: { click: () => this.#do((me) => me.start(invite.code)) } }, invite.label)) : [];
    return h("div", { class: "welcome" }, h("span", { class: "logo big" }, icon("mark")), h("b", {}, this.#store.bot.name), h("p", {}, words.welcome),
      chips.length ? [h("p", {}, words.welcomeCode), h("div", { class: "chips" }, chips)] : null);
  }
}
