// One message -> one row: bubble, buttons, actions.

import { h, icon, spinner } from "./dom.js";
import { render, safeUrl } from "./entities.js";
import { clockTime } from "./format.js";
import * as media from "./media.js";

/** A short line for quotes and notices. */
export function summary(message, words) {
  if (message.text) return message.text.replace(/\s+/g, " ").slice(0, 120);
  if (message.caption) return message.caption.replace(/\s+/g, " ").slice(0, 120);
  if (message.sticker) return message.sticker;
  if (message.venue) return message.venue.title;
  const kind = ["photo", "document", "voice", "location", "contact"].find((name) => message[name]);
  return kind ? words[kind] : "…";
}

function meta(message, words, inline) {
  return h("span", { class: inline ? "meta inline" : "meta" },
    message.protected ? h("span", { title: words.protectedNote }, icon("shield")) : null,
    message.silent ? h("span", { title: words.silent }, icon("quiet")) : null,
    message.edit_date ? h("span", { class: "edited" }, words.edited) : null,
    h("time", { dateTime: message.date }, clockTime(new Date(message.date))));
}

/** Keeps free the room in the last line that the time takes, so that it never covers a word. */
function room(message, words) {
  const wide = 34 + (message.edit_date ? words.edited.length * 6.4 + 4 : 0) + (message.protected ? 17 : 0) + (message.silent ? 17 : 0);
  return h("span", { class: "room", "aria-hidden": "true", style: { width: `${Math.round(wide)}px` } });
}

function quote(message, scene) {
  const original = scene.user.messages.find((other) => other.message_id === message.reply_to);
  const { words } = scene;
  return h("button", { type: "button", class: "quote", on: { click: () => scene.jumpTo(message.reply_to) } },
    h("b", {}, !original ? "" : original.from_bot ? scene.botName : words.you),
    h("span", {}, original ? summary(original, words) : words.gone));
}

function key(button, message, scene) {
  if (button.url) {
    const url = safeUrl(button.url);
    if (url) return h("a", { class: "key", href: url.href, target: "_blank", rel: "noopener noreferrer", on: { click: (event) => scene.act("url", url, event) } }, button.text, icon("open", "corner"));
  }
  const busy = button.data !== undefined && scene.isPressed(message.message_id, button.data);
  return h("button", {
    type: "button", class: "key", disabled: button.data === undefined, "aria-busy": busy, data: { press: button.data ?? "" },
    on: { click: () => { if (!scene.isPressed(message.message_id, button.data)) scene.press(message.message_id, button.data); } },
  }, h("span", { class: "key-text" }, button.text), busy ? spinner() : null);
}

/** The inline keyboard under a message, or null. */
export function keys(message, scene) {
  if (!message.buttons?.length) return null;
  return h("div", { class: "keys" }, message.buttons.map((line) => h("div", { class: "keys-row" }, line.map((button) => key(button, message, scene)))));
}

function body(message, scene) {
  const { words, act } = scene;
  const parts = [];
  if (message.photo) parts.push(media.photo(message.photo, words));
  if (message.document) parts.push(media.document_(message.document));
  if (message.voice) parts.push(media.voice(message.voice, words));
  if (message.location || message.venue) parts.push(media.place(message, words));
  if (message.contact) parts.push(media.contact(message.contact, words, act));
  if (message.sticker) parts.push(h("div", { class: "sticker" }, message.sticker));
  const [text, entities] = message.text ? [message.text, message.entities] : [message.caption ?? "", message.caption_entities];
  if (text) parts.push(h("div", { class: "text", dir: "auto" }, render(text, entities, act, words), room(message, words)));
  const floating = Boolean(text) || Boolean(message.photo) || Boolean(message.sticker);
  parts.push(meta(message, words, !floating));
  return parts;
}

/**
 * The row of one message.
 * `scene` is what the chat lends it: user, words, botName, act, press, isPressed, jumpTo, openMenu.
 */
export function row(message, scene) {
  if (message.service) return h("div", { class: "service", data: { id: message.message_id } }, message.service);
  const { words } = scene;
  const flags = ["row", message.from_bot ? "theirs" : "mine", message.buttons?.length ? "has-keys" : "", message.buttons?.some((line) => line.length > 1) ? "wide" : "", message.sticker ? "is-sticker" : "", message.protected ? "protected" : ""];
  const menu = h("button", {
    type: "button", class: "row-menu", tabIndex: -1, "aria-label": words.actions, "aria-haspopup": "dialog", on: { click: () => scene.openMenu(message) },
  }, icon("more"));
  return h("article", {
    class: flags.filter(Boolean).join(" "), tabIndex: -1, data: { id: message.message_id, date: message.date },
    "aria-label": `${message.from_bot ? scene.botName : words.you}, ${clockTime(new Date(message.date))}`,
  }, h("div", { class: "bubble" }, message.reply_to ? quote(message, scene) : null, body(message, scene)), keys(message, scene), menu);
}
