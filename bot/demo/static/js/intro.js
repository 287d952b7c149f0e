// The trail of things to try, and the invitation codes.

import { byId, h, icon, prefs } from "./dom.js";

const FALLBACK = [
  { title: "Write as the patient", text: "Say anything. The answer comes from the real bot.", user: null, action: null },
  { title: "Lock a phone", text: "Press the button on its edge. You see what a stranger would see.", user: null, action: null },
  { title: "Move the clock", text: "Next morning brings the reminders of the day.", user: null, action: null },
];

/** Draws the trail. `perform(userId, action)` does what a card says; `visitorId()` names who uses a code. */
export function drawIntro(found, perform, visitorId) {
  const cards = found?.cards?.length ? found.cards : FALLBACK;
  const tried = new Set(prefs.get("tried") ?? []);
  byId("trail").replaceChildren(...cards.map((card) => {
    const live = card.action !== null || card.user !== null;
    const node = h("li", { class: tried.has(card.title) ? "step tried" : "step" });
    const run = () => {
      tried.add(card.title);
      prefs.set("tried", [...tried]);
      node.classList.add("tried");
      perform(card.user, card.action);
    };
    const go = card.action?.kind === "text" ? h("span", { class: "go" }, icon("send"), h("q", {}, card.action.payload)) : live ? h("span", { class: "go" }, icon("open"), card.action ? "Start" : "Show me") : null;
    node.append(h(live ? "button" : "div", { ...(live ? { type: "button", on: { click: run } } : {}), class: "step-card" }, h("b", {}, card.title), h("span", {}, card.text), go));
    return node;
  }));
  const invites = found?.invites ?? [];
  byId("invites").hidden = invites.length === 0;
  byId("invite-list").replaceChildren(...invites.map((invite) => h("li", {}, h("span", {}, invite.label, h("code", {}, invite.code)),
    h("button", { type: "button", "aria-label": `Use: ${invite.label}`, on: { click: () => perform(visitorId(), { kind: "start", payload: invite.code }) } }, "Use"))));
}
