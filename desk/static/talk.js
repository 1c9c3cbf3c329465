// The agent speaks with a caller from this page.
import { post, say } from "./base.js";
import { Ear, Mouth } from "/calls/sound/sound.js";

const panel = document.getElementById("phone-call");
const base = document.getElementById("talk").dataset.base;
const byId = (id) => document.getElementById(id);
const WORDS = { connecting: "正在接通……", talking: "接通了，请讲。", held: "市民在等，听不到您说话。", over: "通话结束了。" };
let line = null;

class Line {
  async join() {
    show("connecting");
    this.mouth = new Mouth();
    await this.mouth.open();
    const given = await post(`${base}/talk`);
    if (!given.ok) throw new Error(given.body.message ?? "没有接通，请再试一次。");
    this.ear = await Ear.open((samples) => this.sound(samples), () => {});
    this.socket = new WebSocket(given.body.url);
    this.socket.binaryType = "arraybuffer";
    this.socket.addEventListener("open", () => this.send({ type: "join", pass: given.body.pass }));
    this.socket.addEventListener("message", ({ data }) => this.receive(data));
    this.socket.addEventListener("close", () => this.over());
  }

  receive(data) {
    if (typeof data !== "string") { this.mouth.play(new Int16Array(data)); return; }
    const message = JSON.parse(data);
    if (message.type === "state") { this.connected = true; this.held = message.held; show(message.held ? "held" : "talking"); }
    else if (message.type === "caption") words(message);
    else if (message.type === "key") say(`市民按了 ${message.key}`);
    else if (message.type === "notice") say(message.text, "warn");
    else if (message.type === "refused") say(message.text, "alarm");
    else if (message.type === "ended") this.ended = true;
  }

  sound(samples) {
    if (this.connected && this.socket.readyState === WebSocket.OPEN) this.socket.send(samples);
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  over() {
    if (line !== this) return;
    line = null;
    this.ear?.close();
    this.mouth?.closeSoon();
    if (this.ended) show("over");
    else if (this.socket) { show("idle"); say("通话的线断了。请马上再点“接通”，市民还在等。", "alarm"); }
    else show("idle");
  }
}

function show(state) {
  const talking = state === "talking" || state === "held";
  byId("talk-join").hidden = talking || state === "over";
  byId("talk-join").disabled = state === "connecting";
  byId("talk-hold").hidden = state !== "talking";
  byId("talk-unhold").hidden = state !== "held";
  for (const id of ["talk-hang", "talk-transfer", "live-words"]) byId(id).hidden = !talking;
  byId("line-state").textContent = WORDS[state] ?? "市民在等您。戴上耳机，点“接通”。";
}

function words({ who, text, final }) {
  const place = byId("live-words").querySelector(`[data-who="${who}"] span`);
  if (place) place.textContent = final ? "" : text;
}

byId("talk-join")?.addEventListener("click", async () => {
  line = new Line();
  const mine = line;
  try {
    await mine.join();
  } catch (error) {
    say(error.name === "NotAllowedError" || error.name === "NotFoundError" ? "用不了麦克风。请接上耳机并允许使用，或者打字。" : error.message, "alarm");
    mine.over();
  }
});
byId("talk-hold")?.addEventListener("click", () => line?.send({ type: "hold" }));
byId("talk-unhold")?.addEventListener("click", () => line?.send({ type: "unhold" }));
byId("talk-hang")?.addEventListener("click", () => { if (confirm("挂断市民的电话？")) line?.send({ type: "hang_up" }); });
byId("talk-transfer")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const target = byId("transfer-to").value.trim();
  if (confirm(`把市民的电话转到 ${target}？转过去以后，这里就听不到了。`)) line?.send({ type: "transfer", target });
});
// The call's phase is the server's to tell; what the panel offers depends on it.
document.addEventListener("desk:call", async () => {
  const answer = await fetch(`/calls/${panel.dataset.call}/phase`, { headers: { "X-Desk": "1" } });
  if (!answer.ok) return;
  const { phase, name } = await answer.json();
  byId("call-phase").textContent = name;
  if (phase === panel.dataset.phase) return;
  panel.dataset.phase = phase;
  if (phase === "ended") { line?.over(); if (byId("line-state")) show("over"); }
});
