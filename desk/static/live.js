// News from the server: a stream while it works, questions every few seconds while it does not.
import { get } from "./base.js";

const POLL_MILLISECONDS = 4000;
const ESCALATION = document.body.dataset.escalation ?? "";
const CALL = document.body.dataset.call ?? "";
const CALLS = document.getElementById("calls") ? "1" : "";
const WATCHED = new URLSearchParams(Object.entries({ escalation: ESCALATION, call: CALL, calls: CALLS }).filter(([, value]) => value));
const QUERY = WATCHED.size ? `?${WATCHED}` : "";
const titleWithout = document.title;
let versions = {};
let polling = null;

function arrived(name, news) {
  if (versions[name] === news.version) return;
  versions[name] = news.version;
  if (name === "queue") showWaiting(news);
  document.dispatchEvent(new CustomEvent(`desk:${name}`, { detail: news }));
}

function showWaiting(news) {
  document.title = news.waiting.length ? `(${news.waiting.length}位等候) ${titleWithout}` : titleWithout;
  const badge = document.getElementById("waiting-count");
  if (badge) { badge.textContent = news.waiting.length; badge.hidden = !news.waiting.length; }
  const known = new Set(JSON.parse(sessionStorage.getItem("desk-known") ?? "[]"));
  const fresh = news.waiting.filter((id) => !known.has(id));
  sessionStorage.setItem("desk-known", JSON.stringify(news.waiting));
  if (!fresh.length) return;
  const urgent = fresh.some((id) => news.urgent.includes(id));
  const voice = document.getElementById("news");
  if (voice) voice.textContent = urgent ? "有紧急的市民在排队" : `新来了${fresh.length}位市民在排队`;
  ring(urgent);
}

// A soft bell made on the spot; three rings for an emergency. Browsers allow it after the first click.
let audio = null;
function ring(urgent) {
  if (localStorage.getItem("desk-sound") === "off") return;
  audio ??= new AudioContext();
  audio.resume().then(() => {
    for (let i = 0; i < (urgent ? 3 : 1); i += 1) bell(audio.currentTime + i * 0.45, urgent ? 988 : 660);
  }).catch(() => {});
}
function bell(at, hertz) {
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.frequency.value = hertz;
  volume.gain.setValueAtTime(0.0001, at);
  volume.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.4);
  tone.connect(volume).connect(audio.destination);
  tone.start(at);
  tone.stop(at + 0.42);
}

function listen() {
  const source = new EventSource(`/live${QUERY}`);
  for (const name of ["queue", "conversation", "calls", "call"]) {
    source.addEventListener(name, (event) => { stopPolling(); arrived(name, JSON.parse(event.data)); });
  }
  source.addEventListener("bye", () => { source.close(); setTimeout(listen, 500); });
  source.onerror = () => {
    startPolling();
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 15000);
  };
}
function startPolling() {
  polling ??= setInterval(ask, POLL_MILLISECONDS);
}
function stopPolling() {
  clearInterval(polling);
  polling = null;
}
async function ask() {
  try {
    const answer = await get(`/live/now${QUERY}`, "application/json");
    if (answer.ok) for (const [name, news] of Object.entries(answer.body)) arrived(name, news);
  } catch { /* the heartbeat tells the agent that the network is away */ }
}

const sound = document.getElementById("sound");
function showSound() {
  const on = localStorage.getItem("desk-sound") !== "off";
  sound.textContent = on ? "声音：开" : "声音：关";
  sound.setAttribute("aria-pressed", String(on));
}
sound?.addEventListener("click", () => {
  localStorage.setItem("desk-sound", localStorage.getItem("desk-sound") === "off" ? "on" : "off");
  showSound();
  ring(false);
});
if (sound) showSound();
// A browser opens six connections to a site at most, and a stream keeps one: only three tabs listen, further ones ask.
const STREAMS = 3;
function mine(number) {
  return new Promise((resolve) => {
    navigator.locks.request(`desk-stream-${number}`, { ifAvailable: true }, (lock) => {
      resolve(Boolean(lock));
      return lock ? new Promise(() => {}) : undefined;  // held until the page is left
    });
  });
}
async function start() {
  let free = !navigator.locks;
  for (let number = 0; !free && number < STREAMS; number += 1) free = await mine(number);
  if (free) { listen(); return; }
  if (!polling) { startPolling(); ask(); }
  setTimeout(start, 10000);
}
addEventListener("pagehide", stopPolling);
start();
