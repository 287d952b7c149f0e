// Voice notes: from the microphone where there is one, else a made-up second of sound.

const RATE = 16000;

/** A soft two-note chime of one second, as a WAV file. */
export function testTone() {
  const view = new DataView(new ArrayBuffer(44 + RATE * 2));
  const ascii = (at, text) => [...text].forEach((char, i) => view.setUint8(at + i, char.charCodeAt(0)));
  ascii(0, "RIFF");
  view.setUint32(4, 36 + RATE * 2, true);
  ascii(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  ascii(36, "data");
  view.setUint32(40, RATE * 2, true);
  for (let i = 0; i < RATE; i += 1) {
    const t = i / RATE;
    const second = t >= 0.45;
    const fade = Math.exp(-4 * (second ? t - 0.45 : t)) * Math.min(1, (second ? t - 0.45 : t) * 80);
    view.setInt16(44 + i * 2, Math.sin(2 * Math.PI * (second ? 659.3 : 523.3) * t) * fade * 9000, true);
  }
  return new File([view], "voice.wav", { type: "audio/wav" });
}

/** Starts recording; rejects where there is no microphone or it was refused. */
export async function record() {
  if (!navigator.mediaDevices?.getUserMedia || !globalThis.MediaRecorder) throw new Error("no microphone");
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream);
  const pieces = [];
  const started = performance.now();
  recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
  const finish = () => new Promise((done) => {
    recorder.addEventListener("stop", () => {
      for (const track of stream.getTracks()) track.stop();
      done();
    }, { once: true });
    recorder.stop();
  });
  recorder.start();
  return {
    elapsed: () => (performance.now() - started) / 1000,
    cancel: finish,
    async stop() {
      const duration = Math.max(1, Math.round((performance.now() - started) / 1000));
      await finish();
      const type = recorder.mimeType || "audio/webm";
      return { file: new File(pieces, type.includes("ogg") ? "voice.ogg" : "voice.webm", { type }), duration };
    },
  };
}
