// Everything the page knows. Server events change it; the phones hear what changed and draw.

import { prefs } from "./dom.js";

const STAFF = new Set(["counselor", "supervisor", "operator", "peer", "staff", "reader"]);
const TYPING_MS = 5000;
const PRESS_MS = 15000;
const MAX_NOTES = 40;

export const sideOf = (user) => (STAFF.has(user.phone) ? "staff" : "patient");
const pressKey = (messageId, data) => `${messageId}|${data}`;

export class Store {
  #listeners = new Set();
  bot = { name: "Waymark", username: "" };
  users = new Map();
  ready = false;
  #clockBase = Date.now();
  #clockRead = Date.now();
  /** Asks the page whether a person's chat can be seen right now; set by main.js. */
  isVisible = () => false;

  /** Calls `listener(type, detail)` for every change. */
  subscribe(listener) {
    this.#listeners.add(listener);
  }

  tell(type, detail = {}) {
    for (const listener of this.#listeners) listener(type, detail);
  }

  /** The demo's time now; it runs on between the server's words. */
  now() {
    return new Date(this.#clockBase + (Date.now() - this.#clockRead));
  }

  #setClock(iso) {
    this.#clockBase = Date.parse(iso);
    this.#clockRead = Date.now();
  }

  people(side) {
    return [...this.users.values()].filter((user) => sideOf(user) === side);
  }

  unread(side) {
    return this.people(side).reduce((sum, user) => sum + user.unread, 0);
  }

  /** app: the chat is open; home: the app is in the background; lock: the screen is locked. */
  setMode(user, mode) {
    if (user.mode === mode) return;
    if (mode === "lock") user.behind = user.mode;
    user.mode = mode;
    prefs.set(`mode.${user.id}`, mode);
    this.tell("mode", { user });
    if (mode === "app") this.seen(user);
  }

  seen(user) {
    if (!this.isVisible(user)) return;
    user.unread = 0;
    user.notes = [];
    this.tell("unread", { user });
  }

  pressStarted(user, messageId, data) {
    const key = pressKey(messageId, data);
    clearTimeout(user.pressed.get(key));
    user.pressed.set(key, setTimeout(() => this.pressEnded(user, messageId, data), PRESS_MS));
    this.tell("press", { user, messageId });
  }

  pressEnded(user, messageId, data) {
    const key = pressKey(messageId, data);
    clearTimeout(user.pressed.get(key));
    if (user.pressed.delete(key)) this.tell("press", { user, messageId });
  }

  isPressed(user, messageId, data) {
    return user.pressed.has(pressKey(messageId, data));
  }

  /** One object from the server's stream. */
  apply(event) {
    if (event.type === "snapshot") return this.#snapshot(event);
    if (event.type === "clock") {
      this.#setClock(event.now);
      return this.tell("clock", { moved: true });
    }
    if (event.type === "unknown_method") return this.tell("unknown_method", event);
    if (event.type === "user") return this.#user(event.user);
    const user = this.users.get(event.user);
    if (!user) return undefined;
    return this.#personal(user, event);
  }

  #personal(user, event) {
    switch (event.type) {
      case "message": return this.#message(user, event.message);
      case "edit": return this.#edit(user, event.message);
      case "delete":
        user.messages = user.messages.filter((message) => message.message_id !== event.message_id);
        return this.tell("delete", { user, messageId: event.message_id });
      case "toast":
        this.pressEnded(user, event.message_id, event.data);
        return event.text ? this.tell("toast", { user, text: event.text, alert: event.alert }) : undefined;
      case "typing": return this.#typing(user, event.action);
      case "commands":
        user.commands = event.commands ?? [];
        return this.tell("commands", { user });
      case "keyboard":
        user.reply_keyboard = event.reply_keyboard;
        user.keysHidden = false;
        return this.tell("keyboard", { user });
      case "blocked":
        user.blocked = event.blocked;
        return this.tell("user", { user });
      case "push": return this.#push(user, event);
      default: return undefined;
    }
  }

  #snapshot(event) {
    this.bot = event.bot;
    this.zone = event.zone;
    this.#setClock(event.now);
    const before = this.users;
    this.users = new Map();
    for (const raw of event.users) this.users.set(raw.id, this.#adopt(raw, before.get(raw.id)));
    this.ready = true;
    this.tell("snapshot", { zone: event.zone });
    this.tell("clock", { moved: true });
  }

  /** A new person, or the known one brought up to date: the object stays the same, for the phones hold on to it. */
  #adopt(raw, known) {
    const user = known ?? {
      mode: prefs.get(`mode.${raw.id}`) ?? "app", behind: "app", unread: 0, notes: [], pressed: new Map(), typing: null,
      draft: "", replyTo: null, editing: null, keysHidden: false, commands: [], reply_keyboard: null, messages: [],
    };
    const last = user.messages.at(-1)?.message_id ?? Infinity;
    const messages = [...(raw.messages ?? user.messages)].sort((a, b) => a.message_id - b.message_id);
    Object.assign(user, raw, { messages });
    if (known && raw.messages && !this.isVisible(user)) user.unread += messages.filter((m) => m.from_bot && m.message_id > last).length;
    return user;
  }

  #user(raw) {
    const known = this.users.get(raw.id);
    const user = this.#adopt(raw, known);
    this.users.set(raw.id, user);
    this.tell(known ? "user" : "people", { user });
  }

  #message(user, message) {
    if (user.messages.some((other) => other.message_id === message.message_id)) return this.#edit(user, message);
    user.messages.push(message);
    user.messages.sort((a, b) => a.message_id - b.message_id);
    if (message.from_bot) {
      this.#typing(user, null);
      if (!this.isVisible(user)) {
        user.unread += 1;
        this.tell("unread", { user });
      }
    }
    return this.tell("message", { user, message });
  }

  #edit(user, message) {
    const at = user.messages.findIndex((other) => other.message_id === message.message_id);
    if (at < 0) return;
    user.messages[at] = message;
    this.tell("edit", { user, message });
  }

  #typing(user, action) {
    clearTimeout(user.typing?.timer);
    user.typing = action ? { action, timer: setTimeout(() => this.#typing(user, null), TYPING_MS) } : null;
    this.tell("typing", { user });
  }

  #push(user, event) {
    if (this.isVisible(user)) return;
    const note = { title: event.title, text: event.text, silent: event.silent, at: this.now() };
    user.notes = [note, ...user.notes].slice(0, MAX_NOTES);
    this.tell("push", { user, note });
  }
}
