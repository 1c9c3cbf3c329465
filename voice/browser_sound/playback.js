// A jitter buffer before the loudspeaker: begins with 80 ms in hand, drops what is more than 600 ms late.
const CUSHION = 1280;
const MOST = 9600;

class Playback extends AudioWorkletProcessor {
  constructor() {
    super();
    this.pieces = [];
    this.waiting = 0;  // samples
    this.place = 0;  // in the first piece
    this.flowing = false;
    this.port.onmessage = ({ data }) => {
      if (data === "flush") { this.clear(); return; }
      this.pieces.push(data);
      this.waiting += data.length;
      while (this.waiting > MOST) this.waiting -= this.pieces.shift().length - this.skipped();
    };
  }

  skipped() {
    const { place } = this;
    this.place = 0;
    return place;
  }

  clear() {
    this.pieces = [];
    this.waiting = 0;
    this.place = 0;
    this.flowing = false;
  }

  process(_, [output]) {
    const channel = output[0];
    if (!this.flowing && this.waiting < CUSHION) return true;
    this.flowing = true;
    for (let i = 0; i < channel.length; i += 1) {
      if (!this.pieces.length) { this.flowing = false; break; }
      channel[i] = this.pieces[0][this.place] / 32768;
      this.place += 1;
      this.waiting -= 1;
      if (this.place === this.pieces[0].length) { this.pieces.shift(); this.place = 0; }
    }
    return true;
  }
}
registerProcessor("playback", Playback);
