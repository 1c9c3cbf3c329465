// Hold to talk. Where there is no microphone the caller hears why.

const SHORTEST = 700; // milliseconds
const LONGEST = 60_000;

export class Recorder {
  constructor(button, { onSound, onTrouble }) {
    this.button = button;
    this.onSound = onSound;
    this.onTrouble = onTrouble;
    this.wanted = false;
    button.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      button.setPointerCapture(event.pointerId);
      this.begin();
    });
    for (const name of ["pointerup", "pointercancel"]) button.addEventListener(name, () => this.end());
    button.addEventListener("keydown", (event) => {
      if ((event.key === " " || event.key === "Enter") && !event.repeat) {
        event.preventDefault();
        this.wanted ? this.end() : this.begin();
      }
    });
  }

  async begin() {
    if (this.wanted) return;
    this.wanted = true;
    this.show("松开 发送", true);
    try {
      if (!navigator.mediaDevices || !window.MediaRecorder) throw new Error("no recorder");
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      this.record(stream);
    } catch {
      this.wanted = false;
      this.show("按住 说话", false);
      this.onTrouble("这台设备用不了麦克风。您可以点右边的加号，发一段语音样本。");
    }
  }

  record(stream) {
    const recorder = new MediaRecorder(stream);
    const pieces = [];
    const started = performance.now();
    recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    recorder.addEventListener("stop", () => {
      for (const track of stream.getTracks()) track.stop();
      clearTimeout(this.limit);
      clearInterval(this.counter);
      this.show("按住 说话", false);
      if (performance.now() - started < SHORTEST) this.onTrouble("说话时间太短");
      else this.onSound(new Blob(pieces, { type: recorder.mimeType }));
    });
    recorder.start();
    this.recorder = recorder;
    this.limit = setTimeout(() => this.end(), LONGEST);
    this.counter = setInterval(() => {
      if (this.wanted) this.show(`松开 发送 ${Math.floor((performance.now() - started) / 1000)}″`, true);
    }, 250);
    if (!this.wanted) recorder.stop();
  }

  end() {
    if (!this.wanted) return;
    this.wanted = false;
    if (this.recorder && this.recorder.state === "recording") this.recorder.stop();
  }

  show(text, recording) {
    this.button.textContent = text;
    this.button.classList.toggle("recording", recording);
  }
}
