// Microphone and loudspeaker: 16-bit samples at 16000 Hz both ways.
const RATE = 16000;
const TONES = {
  1: [697, 1209], 2: [697, 1336], 3: [697, 1477], 4: [770, 1209], 5: [770, 1336], 6: [770, 1477],
  7: [852, 1209], 8: [852, 1336], 9: [852, 1477], "*": [941, 1209], 0: [941, 1336], "#": [941, 1477],
};

/** The microphone; gives Int16Arrays of 20 ms. */
export class Ear {
  static async open(onSound, onLevel) {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
    });
    const context = new AudioContext();
    try {
      await context.audioWorklet.addModule(new URL("./capture.js", import.meta.url));
      return new Ear(context, stream, onSound, onLevel);
    } catch (error) {
      for (const track of stream.getTracks()) track.stop();
      context.close();
      throw error;
    }
  }

  constructor(context, stream, onSound, onLevel) {
    this.context = context;
    this.stream = stream;
    const capture = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
    capture.port.onmessage = ({ data }) => { onSound(data.samples); onLevel(data.level * 4); };
    context.createMediaStreamSource(stream).connect(capture);
    context.resume();
  }

  close() {
    for (const track of this.stream.getTracks()) track.stop();
    if (this.context.state !== "closed") this.context.close();
  }
}

/** The loudspeaker, behind a jitter buffer. */
export class Mouth {
  async open() {
    this.context = new AudioContext({ sampleRate: RATE });
    await this.context.audioWorklet.addModule(new URL("./playback.js", import.meta.url));
    this.node = new AudioWorkletNode(this.context, "playback", { numberOfInputs: 0, outputChannelCount: [1] });
    this.node.connect(this.context.destination);
    await this.context.resume();
  }

  play(samples) {
    this.node?.port.postMessage(samples, [samples.buffer]);
  }

  flush() {
    this.node?.port.postMessage("flush");
  }

  /** The sound of a key, for one's own ear only. */
  beep(key) {
    if (!this.context || !TONES[key]) return;
    const volume = this.context.createGain();
    volume.gain.value = 0.06;
    volume.connect(this.context.destination);
    for (const hertz of TONES[key]) {
      const tone = this.context.createOscillator();
      tone.frequency.value = hertz;
      tone.connect(volume);
      tone.start();
      tone.stop(this.context.currentTime + 0.12);
    }
  }

  /** Let the last words be heard, then close. */
  closeSoon() {
    const context = this.context;
    this.node = null;
    if (context) setTimeout(() => { if (context.state !== "closed") context.close(); }, 1500);
  }
}

/** An audio file as samples, with a second of quiet after it. */
export async function samplesOf(file) {
  const decoder = new OfflineAudioContext(1, RATE, RATE);
  const sound = await decoder.decodeAudioData(await file.arrayBuffer());
  const mono = new OfflineAudioContext(1, sound.length + RATE, RATE);
  const source = mono.createBufferSource();
  source.buffer = sound;
  source.connect(mono.destination);
  source.start();
  const floats = (await mono.startRendering()).getChannelData(0);
  return Int16Array.from(floats, (value) => Math.max(-1, Math.min(1, value)) * 32767);
}
