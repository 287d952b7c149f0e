// What the phones tell the demo's server. Each call throws Refused when the server says no.

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function call(path, init) {
  let response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new Refused(0, "The demo does not answer.");
  }
  const text = await response.text();
  let body = null;
  try { body = text ? JSON.parse(text) : null; } catch { /* not JSON: the status has to do */ }
  if (!response.ok) throw new Refused(response.status, body?.error ?? body?.detail ?? body?.description ?? `The demo refused this (${response.status}).`);
  return body;
}

const post = (path, data) => call(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(data) });

function upload(id, kind, file, { caption = "", duration = null } = {}) {
  const form = new FormData();
  form.set("file", file, file.name);
  if (caption) form.set("caption", caption);
  if (duration !== null) form.set("duration", String(duration));
  return call(`/demo/users/${id}/${kind}`, { method: "POST", body: form });
}

/** One person's phone: everything they can do to the bot. */
export function phoneOf(id) {
  const to = (action, data) => post(`/demo/users/${id}/${action}`, data);
  return {
    start: (payload = "") => to("start", { payload }),
    text: (text, replyTo = null) => to("text", { text, reply_to: replyTo }),
    edit: (messageId, text) => to("edit", { message_id: messageId, text }),
    press: (messageId, data) => to("press", { message_id: messageId, data }),
    location: (lat, lon) => to("location", { lat, lon }),
    contact: (phone) => to("contact", { phone }),
    sticker: (emoji) => to("sticker", { emoji }),
    block: (blocked) => to("block", { blocked }),
    photo: (file, caption) => upload(id, "photo", file, { caption }),
    document: (file, caption) => upload(id, "document", file, { caption }),
    voice: (file, duration) => upload(id, "voice", file, { duration }),
  };
}

export const fileUrl = (fileId) => `/demo/files/${encodeURIComponent(fileId)}`;
export const moveClock = (minutes) => post("/demo/clock", { minutes });
export const armFault = (fault) => post("/demo/faults", fault);

/** Things to try, or null when this server offers none. */
export async function intro() {
  try {
    return await call("/demo/intro");
  } catch {
    return null;
  }
}
