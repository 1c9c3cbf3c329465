// One citizen's conversation: new lines by themselves, replies, things to insert.
import { get, post, say } from "./base.js";

const page = document.getElementById("talk");
const base = page.dataset.base;
const list = document.getElementById("lines");
const form = document.getElementById("reply");
const box = document.getElementById("reply-text");
const draftKey = `desk-draft-${page.dataset.escalation}`;
let revealed = {};
const shown = new Map();  // each line as the server last wrote it, before anything was revealed

const atEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 80;
const toEnd = () => { list.scrollTop = list.scrollHeight; };

async function refresh() {
  const answer = await get(`${base}/lines`);
  if (answer.status === 409) return closed(answer.body.message);
  if (!answer.ok) return;
  const piece = new DOMParser().parseFromString(answer.body, "text/html").querySelector("[data-status]");
  const follow = atEnd();
  for (const line of [...piece.querySelectorAll(".line")]) {
    const old = document.getElementById(line.id);
    if (!old) { line.classList.add("fresh"); list.append(line); }
    else if (shown.has(line.id) && shown.get(line.id) !== line.innerHTML) old.innerHTML = line.innerHTML;
    shown.set(line.id, line.innerHTML);
  }
  unmask();
  if (follow) toEnd();
  if (piece.dataset.status !== page.dataset.status || piece.dataset.mine !== page.dataset.mine) changedHands(piece);
}

function changedHands(piece) {
  page.dataset.status = piece.dataset.status;
  document.getElementById("status").textContent = piece.dataset.statusName;
  if (piece.dataset.mine !== page.dataset.mine) closed(piece.dataset.lost);
  page.dataset.mine = piece.dataset.mine;
}

function closed(reason) {
  for (const element of page.querySelectorAll("[data-needs-hold]")) element.hidden = true;
  const gone = document.getElementById("gone");
  gone.hidden = false;
  gone.querySelector("p").textContent = reason;
}

async function send() {
  const text = box.value.trim();
  if (!text || form.dataset.sending) return;
  form.dataset.sending = "1";
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  try {
    const answer = await post(`${base}/reply`, { text });
    if (answer.ok) {
      box.value = "";
      sessionStorage.removeItem(draftKey);
      await refresh();
      toEnd();
    } else {
      say(answer.body.message ?? "没有发出去，请再试一次。", "alarm");
      if (answer.status === 409) await refresh();
    }
  } catch {
    say("网络断了，这条没有发出去。连上以后请再按一次发送。", "alarm");
  } finally {
    delete form.dataset.sending;
    button.disabled = false;
    box.focus();
  }
}

function insert(text) {
  const start = box.selectionStart ?? box.value.length;
  const before = box.value.slice(0, start);
  const gap = before && !before.endsWith("\n") ? "\n" : "";
  box.value = before + gap + text + box.value.slice(box.selectionEnd ?? start);
  box.selectionStart = box.selectionEnd = (before + gap + text).length;
  sessionStorage.setItem(draftKey, box.value);
  box.focus();
}

function unmask() {
  for (const [id, text] of Object.entries(revealed)) {
    const bubble = document.querySelector(`#line-${id} .bubble`);
    if (bubble && bubble.textContent !== text) bubble.textContent = text;
  }
}

if (form) {
  box.value = sessionStorage.getItem(draftKey) ?? "";
  if (matchMedia("(min-width: 60rem)").matches) box.focus();  // on a phone the keyboard would hide the talk
  box.addEventListener("input", () => sessionStorage.setItem(draftKey, box.value));
  box.addEventListener("keydown", (event) => {
    // While an input method is composing, Enter picks a word and must not send.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
}

page.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (button && box) insert(button.dataset.insert);
});

const search = document.getElementById("knowledge-search");
search?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const words = new URLSearchParams(new FormData(search));
  const answer = await get(`${base}/knowledge?${words}`);
  const place = document.getElementById("found");
  if (!answer.ok) { place.textContent = answer.body.message ?? "现在查不了，请稍后再试。"; return; }
  place.replaceChildren(...new DOMParser().parseFromString(answer.body, "text/html").body.childNodes);
});

document.addEventListener("desk:revealed", (event) => { revealed = event.detail.lines ?? {}; unmask(); });
document.addEventListener("desk:conversation", refresh);
for (const line of list.querySelectorAll(".line")) shown.set(line.id, line.innerHTML);
toEnd();
