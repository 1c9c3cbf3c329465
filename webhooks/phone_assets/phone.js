// The telephone: rings, speaks, listens, shows what is said.
import { Ear, Mouth, samplesOf } from "/phone/sound/sound.js";

const byId = (id) => document.getElementById(id);
const dial = byId("dial");
const captions = byId("captions");
const WHO = { caller: "您", machine: "机器人", agent: "工作人员" };
const SOUND_MS = 20;
const SOUND_SAMPLES = 320;
let call = null;

function trouble(text) {
  const place = byId("trouble");
  place.textContent = text ?? "";
  place.hidden = !text;
}

function show(state) {
  const talking = state === "ringing" || state === "talking";
  dial.classList.toggle("talking", talking);
  byId("dial-text").textContent = talking ? "挂断" : "拨打";
  byId("state").textContent = {
    idle: "点绿色按钮，就像打电话一样说话。",
    ringing: "正在接通，请稍等。",
    talking: "接通了，请说话。",
    ended: "电话挂断了。要再打，请点绿色按钮。",
  }[state];
  byId("play-file").disabled = state !== "talking" || !byId("file").files.length;
  document.body.dataset.state = state;
}

class Call {
  constructor() {
    this.ended = false;
    this.mouth = new Mouth();
    this.playingFile = false;
  }

  async ring() {
    show("ringing");
    await this.mouth.open();
    const answer = await fetch("/phone/pass", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Phone": "1" },
      body: JSON.stringify({ caller: byId("caller").value.trim() }),
    });
    const order = await answer.json();
    if (!answer.ok) throw new Error(order.message);
    if (this.ended) return;
    const socket = new WebSocket(order.url);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => this.send({ type: "ring", pass: order.pass }));
    socket.addEventListener("message", (event) => this.receive(event.data));
    socket.addEventListener("close", () => this.over());
    socket.addEventListener("error", () => trouble("连不上热线。请看看语音服务是不是在运行，再拨一次。"));
  }

  receive(data) {
    if (typeof data !== "string") { this.mouth.play(new Int16Array(data)); return; }
    const message = JSON.parse(data);
    switch (message.type) {
      case "welcome": return this.connected(message);
      case "caption": return caption(message);
      case "flush": return this.mouth.flush();
      case "refused": return trouble(message.text);
      case "ended": this.hungUp = true;
    }
  }

  async connected(message) {
    byId("model").replaceChildren(bold("听音用的模型："), `${message.model}。${message.worth}`);
    show("talking");
    try {
      this.ear = await Ear.open((samples) => { if (!this.playingFile) this.sound(samples); }, level);
      if (this.ended) this.ear.close();
    } catch {
      trouble("这台设备用不了麦克风。您可以按键，按 0 找人工，或者在“试用设置”里放一段录音。");
    }
  }

  sound(samples) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(samples);
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  async speakFile(file) {
    if (this.playingFile) return;
    this.playingFile = true;
    try {
      const samples = await samplesOf(file);
      const began = performance.now();
      for (let sent = 0; sent < samples.length && !this.ended; sent += SOUND_SAMPLES) {
        this.sound(samples.slice(sent, sent + SOUND_SAMPLES));
        const due = began + ((sent / SOUND_SAMPLES) + 1) * SOUND_MS;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      }
    } catch {
      trouble("这个录音放不了。请换一个 WAV 或 MP3 文件。");
    } finally {
      this.playingFile = false;
    }
  }

  hangUp() {
    this.hungUp = true;
    this.send({ type: "hang_up" });
    this.socket?.close();
    this.over();
  }

  over() {
    if (this.ended) return;
    const lost = this.socket && !this.hungUp && byId("trouble").hidden;
    this.ended = true;
    this.ear?.close();
    this.mouth.closeSoon();
    level(0);
    for (const line of captions.querySelectorAll(".partial")) line.classList.remove("partial");
    call = null;
    show("ended");
    if (lost) trouble("电话断了。请再拨一次。");
  }
}

function bold(text) {
  const element = document.createElement("strong");
  element.textContent = text;
  return element;
}

function caption({ who, text, final }) {
  let line = captions.querySelector(`li.${who}.partial`);
  if (!line) {
    if (!text) return;
    line = document.createElement("li");
    line.className = `${who} partial`;
    const name = document.createElement("b");
    name.textContent = WHO[who] ?? who;
    line.append(name, document.createElement("span"));
    captions.append(line);
  }
  if (!text) { line.remove(); return; }
  line.lastChild.textContent = text;
  line.classList.toggle("partial", !final);
  byId("empty").hidden = true;
  captions.scrollTop = captions.scrollHeight;
}

function level(loudness) {
  byId("level").style.transform = `scaleX(${Math.min(1, loudness)})`;
}

dial.addEventListener("click", async () => {
  if (call) { call.hangUp(); return; }
  trouble(null);
  captions.replaceChildren();
  byId("empty").hidden = false;
  call = new Call();
  const mine = call;
  try {
    await mine.ring();
  } catch (error) {
    trouble(error instanceof TypeError ? "连不上服务器。请检查网络。" : error.message);
    mine.over();
  }
});

function press(key) {
  const button = byId("keys").querySelector(`[data-key="${CSS.escape(key)}"]`);
  button.classList.add("pressed");
  setTimeout(() => button.classList.remove("pressed"), 150);
  call?.mouth.beep(key);
  call?.send({ type: "key", key });
}

byId("keys").addEventListener("click", (event) => {
  const button = event.target.closest("[data-key]");
  if (button) press(button.dataset.key);
});
addEventListener("keydown", (event) => {
  const typing = event.target.matches("input");
  if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey && /^[0-9*#]$/.test(event.key)) press(event.key);
});
byId("file").addEventListener("change", () => {
  byId("play-file").disabled = document.body.dataset.state !== "talking" || !byId("file").files.length;
});
byId("play-file").addEventListener("click", () => call?.speakFile(byId("file").files[0]));
addEventListener("pagehide", () => call?.hangUp());
show("idle");
