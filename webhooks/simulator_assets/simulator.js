// The page: wires the chat, the writing row, the menu, the sheets and the panel to the server.

import { drawBehind } from "./behind.js";
import { Chat } from "./chat.js";
import { face, make } from "./lines.js";
import { closeMenus, drawMenu } from "./menu.js";
import * as people from "./people.js";
import { Recorder } from "./recorder.js";
import * as server from "./server.js";

const NAME = "银龄医保通";
const QUIET_BEAT = 1000; // milliseconds between looks for news
const QUICK_BEAT = 250; // right after the user did something
const QUICK_FOR = 6000;
const MENU_BEAT = 30_000;
const SAY_FOR = 5000;
const IDEAS = ["我妈在济南，异地就医备案怎么办？", "门诊慢特病要带什么材料？", "帮我约后天上午去大厅", "转人工"];
// City centres, GCJ-02.
const PLACES = [
  { label: "济南市历下区", latitude: 36.6664, longitude: 117.0765 },
  { label: "济宁市任城区", latitude: 35.4149, longitude: 116.5871 },
  { label: "昆明市五华区", latitude: 25.0438, longitude: 102.7072 },
  { label: "莆田市城厢区", latitude: 25.4189, longitude: 118.9936 },
  { label: "成都市青羊区", latitude: 30.6744, longitude: 104.0619 },
];

const $ = (id) => document.getElementById(id);
const chat = new Chat($("chat"), { onChoice: (order) => act({ kind: "text", ...order }), onRetry: retry });
const state = { person: people.current(), revision: 0, boot: null, quickUntil: 0, sayUntil: 0, timer: 0, polling: false };

// -- news -----------------------------------------------------------------------------------------------------

async function look() {
  clearTimeout(state.timer);
  if (state.polling) return;
  state.polling = true;
  const person = state.person;
  try {
    const news = await server.getMessages(person.id, state.revision);
    if (person === state.person) take(news);
    if (performance.now() > state.sayUntil) trouble("");
  } catch (error) {
    trouble(error.message);
  }
  state.polling = false;
  const beat = performance.now() < state.quickUntil ? QUICK_BEAT : QUIET_BEAT;
  state.timer = setTimeout(look, document.hidden ? 4 * QUIET_BEAT : beat);
}

function take(news) {
  if (state.boot !== null && state.boot !== news.boot) {
    state.boot = news.boot; // the stand-in was restarted and has forgotten everything
    state.revision = 0;
    chat.clear();
    state.quickUntil = performance.now() + QUICK_BEAT;
    return;
  }
  state.boot = news.boot;
  state.revision = news.revision;
  chat.take(news.messages, state.person);
  $("title").textContent = news.typing ? "对方正在输入…" : NAME;
  const outside = !news.known || !news.follows;
  $("follow-card").hidden = !outside;
  $("composer").hidden = outside;
  $("unfollow").hidden = outside;
  drawBehind($("steps"), $("quota"), chat.lines.values(), news);
}

function hurry() {
  state.quickUntil = performance.now() + QUICK_FOR;
  if (!state.polling) look();
}

// Say something for a while, whatever the next look for news brings.
function say(text) {
  state.sayUntil = performance.now() + SAY_FOR;
  trouble(text);
}

function trouble(text) {
  $("trouble").textContent = text;
  $("trouble").hidden = !text;
}

// -- what the user does ---------------------------------------------------------------------------------------

async function act(order) {
  try {
    await server.send(state.person.id, order);
    hurry();
    return true;
  } catch (error) {
    say(error.message);
    return false;
  }
}

function retry(line) {
  if (line.kind === "text") act({ kind: "text", text: line.text });
  else if (line.media_id) act({ kind: line.kind, media_id: line.media_id });
}

async function sendFile(kind, file) {
  try {
    await server.upload(state.person.id, kind, file);
    hurry();
  } catch (error) {
    say(error.message);
  }
}

async function sendText() {
  const box = $("text");
  const text = box.value.trim();
  if (!text) return;
  box.value = "";
  fit();
  if (!(await act({ kind: "text", text }))) {
    box.value = text; // nothing is lost while the service is away
    fit();
  }
}

function fit() {
  const box = $("text");
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
  const writing = box.value.trim() !== "" && !box.hidden;
  $("send").hidden = !writing;
  $("plus").hidden = writing;
}

function tapMenu(button) {
  if (button.type === "view" || button.type === "miniprogram") {
    window.open(button.url, "_blank", "noopener");
    act({ kind: "view", url: button.url, label: button.name });
  } else {
    act({ kind: "click", key: button.key, label: button.name });
  }
}

// -- people ---------------------------------------------------------------------------------------------------

function drawPeople() {
  for (const box of document.querySelectorAll("[data-personas]")) {
    box.replaceChildren(
      ...people.everybody().map((person) => {
        const button = make("button", "persona");
        button.type = "button";
        button.setAttribute("aria-pressed", String(person.id === state.person.id));
        const text = make("span", "", person.name);
        text.append(make("small", "", person.about));
        button.append(face(person), text);
        button.addEventListener("click", () => become(person.id));
        return button;
      }),
    );
  }
}

function become(id) {
  people.choose(id);
  state.person = people.current();
  state.revision = 0;
  chat.clear();
  drawPeople();
  $("sheet").close();
  hurry();
}

// -- wiring ---------------------------------------------------------------------------------------------------

function showExtras(open) {
  $("extras").hidden = !open;
  $("plus").setAttribute("aria-expanded", String(open));
  chat.toEnd();
}

function voiceMode(on) {
  $("voice-toggle").setAttribute("aria-pressed", String(on));
  $("voice-toggle").setAttribute("aria-label", on ? "改用打字" : "改用语音");
  $("text").hidden = on;
  $("talk").hidden = !on;
  fit();
}

function bigger(size) {
  people.setTextSize(size);
  document.documentElement.dataset.size = size;
  $("bigger").setAttribute("aria-label", ["放大文字", "再放大文字", "恢复文字大小"][size]);
  fit();
  chat.toEnd();
}

async function loadMenu() {
  try {
    drawMenu($("menu"), (await server.getMenu()).button, tapMenu);
  } catch {
    // The chat says it when the server is away.
  }
}

function wire() {
  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    sendText();
  });
  $("text").addEventListener("input", fit);
  $("text").addEventListener("focus", () => showExtras(false));
  $("text").addEventListener("keydown", (event) => {
    // Enter that ends a word in a Chinese input method does not send.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      sendText();
    }
  });
  $("plus").addEventListener("click", () => showExtras($("extras").hidden));
  $("voice-toggle").addEventListener("click", () => voiceMode($("talk").hidden));
  $("photo").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", () => {
    const [file] = $("file").files;
    if (file) sendFile("image", file);
    $("file").value = "";
    showExtras(false);
  });
  $("sample").addEventListener("click", () => {
    act({ kind: "voice" });
    showExtras(false);
  });
  $("place").addEventListener("click", () => $("places").showModal());
  $("more").addEventListener("click", () => $("sheet").showModal());
  $("bigger").addEventListener("click", () => bigger((people.textSize() + 1) % 3));
  $("follow").addEventListener("click", () => act({ kind: "subscribe" }));
  $("fresh").addEventListener("click", () => {
    people.makeFresh();
    become(people.current().id);
  });
  $("unfollow").addEventListener("click", () => {
    $("sheet").close();
    act({ kind: "unsubscribe" });
  });
  for (const button of document.querySelectorAll("[data-close]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".menu-slot")) closeMenus($("menu"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = $("menu").querySelector("[aria-expanded=true]");
    closeMenus($("menu"));
    if (open) open.focus();
  });
  document.addEventListener("visibilitychange", () => document.hidden || hurry());
  new Recorder($("talk"), { onSound: (sound) => sendFile("voice", sound), onTrouble: say });
}

function drawLists() {
  for (const place of PLACES) {
    const button = make("button", "place", place.label);
    button.type = "button";
    button.addEventListener("click", () => {
      $("places").close();
      showExtras(false);
      act({ kind: "location", ...place });
    });
    $("place-list").append(button);
  }
  for (const idea of IDEAS) {
    const button = make("button", "", idea);
    button.type = "button";
    button.addEventListener("click", () => act({ kind: "text", text: idea }));
    const item = make("li");
    item.append(button);
    $("ideas").append(item);
  }
}

wire();
drawLists();
drawPeople();
bigger(people.textSize());
loadMenu();
setInterval(loadMenu, MENU_BEAT);
look();
