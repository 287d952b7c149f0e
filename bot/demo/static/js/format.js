// Times, dates and sizes, in the demo's zone when the server named one, else the browser's.

let zone;
const cache = new Map();

export function setZone(name) {
  zone = name ?? undefined;
  cache.clear();
}

function formatter(lang, options) {
  const key = lang + JSON.stringify(options);
  if (!cache.has(key)) cache.set(key, new Intl.DateTimeFormat(lang, { timeZone: zone, ...options }));
  return cache.get(key);
}

/** "21:05", the way the bot writes times. */
export const clockTime = (at) => formatter("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
export const longDate = (at, lang) => formatter(lang, { weekday: "long", day: "numeric", month: "long" }).format(at);
export const shortDate = (at) => formatter("en", { weekday: "short", day: "numeric", month: "short" }).format(at);
export const zoneName = (at) => formatter("en", { timeZoneName: "short" }).formatToParts(at).find((part) => part.type === "timeZoneName")?.value ?? "";
export const dayKey = (at) => formatter("en-CA", { year: "numeric", month: "2-digit", day: "2-digit" }).format(at);

/** Minutes since local midnight, 0-1439. */
export function minuteOfDay(at) {
  const [hours, minutes] = clockTime(at).split(":").map(Number);
  return hours * 60 + minutes;
}

/** Whole minutes from `now` to the next `hour` o'clock by the wall, also over a change of daylight saving. */
export function minutesUntil(hour, now) {
  const target = hour * 60;
  let minutes = (target - minuteOfDay(now) + 1440) % 1440 || 1440;
  const off = minuteOfDay(new Date(now.getTime() + minutes * 60000)) - target;
  if (off !== 0 && Math.abs(off) <= 120) minutes -= off;
  return minutes;
}

export function dayLabel(at, now, lang, words) {
  const key = dayKey(at);
  if (key === dayKey(now)) return words.today;
  if (key === dayKey(new Date(now.getTime() - 86400000))) return words.yesterday;
  return longDate(at, lang);
}

export function ago(at, now, words) {
  const minutes = Math.max(0, Math.floor((now - at) / 60000));
  if (minutes < 1) return words.now;
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(minutes / 1440)} d`;
}

export const seconds = (total) => `${Math.floor(total / 60)}:${String(Math.floor(total % 60)).padStart(2, "0")}`;

export function fileSize(bytes) {
  if (!Number.isFinite(bytes)) return "";
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** dawn, day, dusk or night: what the sky over the hills should look like. */
export function daypart(at) {
  const hour = minuteOfDay(at) / 60;
  if (hour >= 5.5 && hour < 8) return "dawn";
  if (hour >= 8 && hour < 17.5) return "day";
  return hour >= 17.5 && hour < 20.5 ? "dusk" : "night";
}
