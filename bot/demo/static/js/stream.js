// The live line from the server: reconnects by itself and says whether it stands.

const LONGEST_PAUSE_MS = 4000;

/** Listens for ever. `onEvent(event)` gets each parsed object, `onState(up)` every change of the connection. */
export function listen(path, onEvent, onState) {
  let pause = 400;
  const open = () => {
    const source = new EventSource(path);
    const receive = (message) => {
      pause = 400;
      onState(true);
      onEvent(JSON.parse(message.data));
    };
    source.onmessage = receive;
    source.addEventListener("snapshot", receive);
    source.onerror = () => {
      source.close();
      onState(false);
      setTimeout(open, pause);
      pause = Math.min(pause * 1.6, LONGEST_PAUSE_MS);
    };
    addEventListener("pagehide", () => source.close(), { once: true });
  };
  open();
}
