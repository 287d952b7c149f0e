// The drawer for the curious: spoil the bot's next messages.

import { armFault } from "./api.js";
import { byId, h } from "./dom.js";

const METHOD = "sendMessage";
const WAIT_S = 5; // what a 429 asks the bot to wait
const LINES = 6;

export function setUpFaults() {
  const drawer = byId("faults");
  const opener = byId("faults-open");
  const form = byId("faults-form");
  const show = (open) => {
    drawer.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    (open ? byId("faults-close") : opener).focus();
  };
  opener.addEventListener("click", () => show(drawer.hidden));
  byId("faults-close").addEventListener("click", () => show(false));
  drawer.addEventListener("keydown", (event) => { if (event.key === "Escape") show(false); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = new FormData(form);
    const fault = { method: METHOD, kind: values.get("kind"), count: Number(values.get("count")), seconds: WAIT_S };
    let line;
    try {
      await armFault(fault);
      line = `Armed: the next ${fault.count === 1 ? "message" : `${fault.count} messages`} of the bot: ${form.querySelector("input:checked + span b").textContent}`;
    } catch (error) {
      line = error.message;
    }
    const log = byId("fault-log");
    log.prepend(h("li", {}, line));
    while (log.children.length > LINES) log.lastChild.remove();
  });
}
