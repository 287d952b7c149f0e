// Puts the page together.

import { byId, h, icon, setBadge } from "./dom.js";
import { intro } from "./api.js";
import { ClockBar, noticeNode } from "./clockbar.js";
import { setUpFaults } from "./faults.js";
import { setZone } from "./format.js";
import { drawIntro } from "./intro.js";
import { Phone } from "./phone.js";
import { Store, sideOf } from "./store.js";
import { listen } from "./stream.js";

const THEMES = ["auto", "light", "dark"];
const THEME_ICONS = { auto: "auto", light: "sun", dark: "moon" };

const store = new Store();
store.subscribe((type, detail) => { if (type === "snapshot") setZone(detail.zone); });
const phones = { patient: new Phone(store, "patient"), staff: new Phone(store, "staff") };
store.isVisible = (user) => phones[sideOf(user)].shows(user);

/** Says something on the page's edge; `key` keeps one notice of a kind. */
function notice(key, text, bad = false) {
  dismiss(key);
  const close = h("button", { type: "button", "aria-label": "Dismiss", on: { click: () => dismiss(key) } }, icon("close"));
  const node = noticeNode(text, bad, key === "line" ? null : close);
  node.dataset.key = key;
  byId("notices").append(node);
}

function dismiss(key) {
  for (const node of [...byId("notices").children]) if (node.dataset.key === key) node.remove();
}

function setView(view) {
  byId("stage").dataset.view = view;
  for (const tab of byId("tabs").children) {
    tab.setAttribute("aria-selected", String(tab.dataset.view === view));
    tab.tabIndex = tab.dataset.view === view ? 0 : -1;
  }
  const user = phones[view]?.user;
  if (user) store.seen(user);
}

function setUpTabs() {
  const tabs = [...byId("tabs").children];
  byId("tabs").addEventListener("click", (event) => {
    const tab = event.target.closest("[data-view]");
    if (tab) setView(tab.dataset.view);
  });
  byId("tabs").addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    setView(next.dataset.view);
    next.focus();
  });
  setView("patient");
}

function showTry(open) {
  byId("try").classList.toggle("open", open);
  byId("try-open").setAttribute("aria-expanded", String(open));
}

function setUpTry() {
  byId("try-open").addEventListener("click", () => {
    const open = !byId("try").classList.contains("open");
    showTry(open);
    if (open) byId("try-close").focus();
  });
  byId("try-close").addEventListener("click", () => { showTry(false); byId("try-open").focus(); });
  byId("try").addEventListener("keydown", (event) => {
    if (event.key === "Escape" && byId("try").classList.contains("open")) { showTry(false); byId("try-open").focus(); }
  });
}

function setUpTheme() {
  const button = byId("theme");
  const root = document.documentElement;
  const apply = (theme) => {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    try { localStorage.setItem("waymark.theme", theme); } catch { /* forgotten on reload */ }
    byId("theme-icon").setAttribute("href", `#i-${THEME_ICONS[theme]}`);
    button.title = `Colours: ${theme}`;
    button.setAttribute("aria-label", `Colours: ${theme}. Change`);
  };
  apply(root.dataset.theme ?? "auto");
  button.addEventListener("click", () => apply(THEMES[(THEMES.indexOf(root.dataset.theme ?? "auto") + 1) % THEMES.length]));
}

function perform(userId, action) {
  const user = store.users.get(userId) ?? phones.patient.user;
  if (!user) return;
  const side = sideOf(user);
  setView(side);
  showTry(false);
  phones[side].perform(user, action);
}

const visitorId = () => store.people("patient").find((user) => user.phone === "visitor")?.id ?? phones.patient.user?.id;

store.subscribe((type, detail) => {
  if (type === "unread" || type === "snapshot") {
    for (const side of ["patient", "staff"]) setBadge(byId(`tab-${side}`).querySelector(".badge"), store.unread(side));
  }
  if (type === "unknown_method") notice(`method-${detail.method}`, `The bot called “${detail.method}”, which this server does not know.`, true);
});

let lost = null;
function connection(up) {
  if (up) {
    clearTimeout(lost);
    lost = null;
    dismiss("line");
  } else lost ??= setTimeout(() => notice("line", "Connection lost. The page comes back by itself as soon as the demo answers.", true), 900);
}

setUpTabs();
setUpTry();
setUpTheme();
setUpFaults();
new ClockBar(store, (text) => notice("clock", text, true));

let introduced = false;
async function introduce() {
  if (introduced) return;
  introduced = true;
  const found = await intro();
  drawIntro(found, perform, visitorId);
  for (const phone of Object.values(phones)) phone.setInvites(found?.invites ?? []);
}
store.subscribe((type) => { if (type === "snapshot") introduce(); });

listen("/demo/events", (event) => store.apply(event), connection);
