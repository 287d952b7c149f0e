// The parts of a bubble that are not text.

import { byId, h, icon } from "./dom.js";
import { fileUrl } from "./api.js";
import { fileSize, seconds } from "./format.js";

const BARS = 34;
const MAX_PHOTO = { width: 268, height: 330 };
let playing = null;

function enlarge(source, words) {
  const box = byId("lightbox");
  const image = byId("lightbox-image");
  image.src = source;
  box.setAttribute("aria-label", words.photo);
  box.showModal();
  box.onclick = (event) => { if (event.target === box || event.target === image) box.close(); };
}

export function photo(part, words) {
  const ratio = part.width && part.height ? part.width / part.height : 4 / 3;
  const width = Math.round(Math.min(MAX_PHOTO.width, MAX_PHOTO.height * ratio));
  const source = fileUrl(part.file_id);
  return h("button", {
    type: "button", class: "photo", "aria-label": words.enlarge, style: { width: `${Math.max(width, 120)}px`, "aspect-ratio": String(ratio) }, on: { click: () => enlarge(source, words) },
  }, h("img", { src: source, alt: words.photo, decoding: "async" }));
}

export function document_(part) {
  return h("a", { class: "file", href: fileUrl(part.file_id), download: part.file_name ?? "document" },
    h("span", { class: "file-icon" }, icon("load")),
    h("span", {}, h("b", {}, part.file_name ?? "document"), h("small", {}, fileSize(part.size))));
}

/** Bars that look like a voice: made from the file's id, so that one note always looks the same. */
function bars(seed) {
  let state = [...seed].reduce((sum, char) => (sum * 31 + char.codePointAt(0)) >>> 0, 7);
  return Array.from({ length: BARS }, (_, i) => {
    state = (state * 1664525 + 1013904223) >>> 0;
    const swell = Math.sin((i / BARS) * Math.PI) * 0.5 + 0.5;
    return h("i", { style: { height: `${Math.round(4 + (state / 2 ** 32) * 18 * swell)}px` } });
  });
}

export function voice(part, words) {
  const lines = bars(part.file_id);
  const wave = h("span", { class: "wave", "aria-hidden": "true" }, lines);
  const time = h("small", {}, seconds(part.duration));
  const face = icon("play");
  const button = h("button", { type: "button", class: "file-icon", "aria-label": words.play }, face);
  let audio = null;
  const draw = () => {
    const length = Number.isFinite(audio.duration) ? audio.duration : part.duration || 1;
    const done = audio.ended || (audio.paused && audio.currentTime === 0) ? 0 : audio.currentTime / length;
    lines.forEach((line, i) => line.classList.toggle("on", i / BARS < done));
    time.textContent = seconds(audio.paused ? part.duration : audio.currentTime);
    face.firstChild.setAttribute("href", audio.paused ? "#i-play" : "#i-pause");
    button.setAttribute("aria-label", audio.paused ? words.play : words.pause);
  };
  button.addEventListener("click", () => {
    if (!audio) {
      audio = new Audio(fileUrl(part.file_id));
      for (const name of ["timeupdate", "play", "pause", "ended"]) audio.addEventListener(name, draw);
    }
    if (!audio.paused) return audio.pause();
    playing?.pause();
    playing = audio;
    return audio.play().catch(() => { time.textContent = seconds(part.duration); });
  });
  return h("div", { class: "voice" }, button, wave, time);
}

function map(lat, lon) {
  const node = h("div", { class: "map", role: "img", "aria-label": `${lat}, ${lon}` }, icon("pin"));
  node.style.setProperty("--mx", `${Math.round(lon * 137) % 330}px`);
  node.style.setProperty("--my", `${Math.round(lat * 211) % 330}px`);
  node.style.setProperty("--road", `${Math.round(Math.abs(lat * 7 + lon * 3)) % 50 + 5}deg`);
  return node;
}

export function place(message, words) {
  const { location, venue } = message;
  const numbers = location ? `${location.lat.toFixed(4)}, ${location.lon.toFixed(4)}` : "";
  return h("div", {},
    location ? map(location.lat, location.lon) : null,
    h("div", { class: "map-label" }, h("b", {}, venue?.title ?? words.location), venue ? h("span", {}, venue.address) : h("small", {}, numbers)));
}

export function contact(part, words, act) {
  return h("div", {},
    h("div", { class: "contact" },
      h("span", { class: "face", "aria-hidden": "true" }, (part.first_name || "?").slice(0, 1).toUpperCase()),
      h("div", {}, h("b", {}, part.first_name), h("button", { type: "button", class: "link", on: { click: () => act("phone_number", part.phone) } }, part.phone))),
    h("div", { class: "keys" }, h("button", { type: "button", class: "key", on: { click: () => act("save", part.first_name) } }, words.save)));
}
