// From the microphone's sample rate to 16000 Hz, in pieces of 20 ms. Runs in the audio thread.
const RATE = 16000;
const PIECE = 320;
const TAPS = 64;

/** A low-pass filter (windowed sinc) that keeps what 16000 Hz can carry. */
function lowPass(rate) {
  const cutoff = Math.min(0.5, 7200 / rate);
  const taps = new Float32Array(TAPS);
  let sum = 0;
  for (let i = 0; i < TAPS; i += 1) {
    const x = i - (TAPS - 1) / 2;
    const window = 0.54 - 0.46 * Math.cos((2 * Math.PI * i) / (TAPS - 1));
    taps[i] = window * (x === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * x) / (Math.PI * x));
    sum += taps[i];
  }
  return taps.map((tap) => tap / sum);
}

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.taps = lowPass(sampleRate);
    this.history = new Float32Array(TAPS);
    this.step = sampleRate / RATE;
    this.until = 0;  // input samples until the next output sample
    this.before = 0;
    this.piece = new Int16Array(PIECE);
    this.filled = 0;
    this.loudest = 0;
  }

  process([input]) {
    const channel = input[0];
    if (!channel) return true;
    for (const sample of channel) this.take(sample);
    return true;
  }

  take(sample) {
    this.history.copyWithin(0, 1);
    this.history[TAPS - 1] = sample;
    let filtered = 0;
    for (let i = 0; i < TAPS; i += 1) filtered += this.history[i] * this.taps[i];
    while (this.until <= 1) {
      this.put(this.before + (filtered - this.before) * Math.max(0, this.until));
      this.until += this.step;
    }
    this.until -= 1;
    this.before = filtered;
  }

  put(value) {
    this.loudest = Math.max(this.loudest, Math.abs(value));
    this.piece[this.filled] = Math.max(-1, Math.min(1, value)) * 32767;
    this.filled += 1;
    if (this.filled === PIECE) {
      this.port.postMessage({ samples: this.piece.slice(), level: this.loudest });
      this.filled = 0;
      this.loudest = 0;
    }
  }
}
registerProcessor("capture", Capture);
