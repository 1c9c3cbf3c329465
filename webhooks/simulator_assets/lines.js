// Draws one line of a chat. Text from outside only ever becomes text nodes.

import { mediaAddress } from "./server.js";

const NUMBERED = /^\s*([1-9])\s*[.．、)）]\s*(\S.*)$/;
const LINKS = /<a\s+href=["']([^"'<>]+)["'][^<>]*>([^<>]*)<\/a>|https?:\/\/[^\s<>"'，。；、）]+/g;
const EVENTS = {
  subscribe: "您关注了“银龄医保通”",
  unsubscribe: "您取消了关注",
  click: "您点了菜单",
  view: "您打开了菜单里的网页",
  scan: "您扫了二维码",
};

export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

export function face(person) {
  const element = make("span", `face ${person.look}`, person.face);
  element.setAttribute("aria-hidden", "true");
  return element;
}

function accountFace(line) {
  if (line.from === "desk") return face({ look: "desk", face: "客" });
  const element = make("span", "face");
  const image = make("img");
  image.src = "/simulator/static/icon.svg";
  image.alt = "";
  element.append(image);
  return element;
}

// Links as WeChat shows them: <a href="http…">, weixin://bizmsgmenu (a tap sends its content), bare addresses.
function richText(parent, text, onChoice) {
  let end = 0;
  for (const match of text.matchAll(LINKS)) {
    parent.append(text.slice(end, match.index));
    end = match.index + match[0].length;
    const address = match[1] ?? match[0];
    const label = match[2] ?? match[0];
    if (address.startsWith("weixin://bizmsgmenu")) {
      const query = new URLSearchParams(address.split("?")[1] || "");
      const button = make("button", "link", label);
      button.type = "button";
      button.addEventListener("click", () =>
        onChoice({ text: query.get("msgmenucontent") || label, menu_id: query.get("msgmenuid") || "0" }),
      );
      parent.append(button);
    } else if (/^https?:\/\//.test(address)) {
      const link = make("a", "", label);
      link.href = address;
      link.target = "_blank";
      link.rel = "noopener noreferrer";
      parent.append(link);
    } else {
      parent.append(match[0]);
    }
  }
  parent.append(text.slice(end));
}

// A question that ends in numbered lines: the lines become buttons that send the number.
export function splitChoices(text) {
  const lines = text.trimEnd().split("\n");
  let start = lines.length;
  while (start > 0 && NUMBERED.test(lines[start - 1])) start -= 1;
  const found = lines.slice(start).map((line) => NUMBERED.exec(line));
  const question = lines.slice(0, start).join("\n");
  const counted = found.every((match, index) => Number(match[1]) === index + 1);
  if (found.length < 2 || !counted || !/[?？]\s*$|回复|请选/.test(question)) return { text, choices: [] };
  return {
    text: question,
    choices: found.map((match) => ({ label: match[0].trim(), order: { text: match[1] } })),
  };
}

function choiceButtons(choices, onChoice) {
  const box = make("div", "choices");
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "可以点选");
  for (const choice of choices) {
    const button = make("button", "choice", choice.label);
    button.type = "button";
    button.addEventListener("click", () => onChoice(choice.order));
    box.append(button);
  }
  return box;
}

function voice(line) {
  const button = make("button", "voice");
  button.type = "button";
  const seconds = Math.max(1, Math.round(line.seconds || 1));
  button.setAttribute("aria-label", `语音，${seconds}秒，点一下播放`);
  button.append(icon("M5 10v4M9 7v10M13 9v6M17 11v2"), `${seconds}″`);
  button.addEventListener("click", () => {
    const sound = new Audio(mediaAddress(line.media_id, true));
    button.classList.add("playing");
    const stop = () => button.classList.remove("playing");
    sound.addEventListener("ended", stop);
    sound.addEventListener("error", stop);
    sound.play().catch(stop);
  });
  return button;
}

function picture(line) {
  const image = make("img");
  image.src = mediaAddress(line.media_id);
  image.alt = line.from === "user" ? "您发的照片" : "照片";
  return image;
}

function spot(line) {
  const box = make("div", "spot");
  const map = make("span", "map");
  map.append(icon("M12 21c4-4.6 6.5-8 6.5-11a6.5 6.5 0 0 0-13 0c0 3 2.5 6.4 6.5 11z"));
  box.append(make("span", "", line.text || "我的位置"), map);
  return box;
}

function articles(line) {
  const box = make("div", "article");
  for (const article of line.articles) {
    const link = /^https?:\/\//.test(article.url) ? make("a") : make("span");
    if (link.href !== undefined) Object.assign(link, { href: article.url, target: "_blank", rel: "noopener noreferrer" });
    link.append(make("strong", "", article.title), article.description);
    box.append(link);
  }
  return box;
}

function bubble(line, onChoice) {
  const box = make("div", "bubble");
  if (line.kind === "image") {
    box.classList.add("bare");
    box.append(picture(line));
  } else if (line.kind === "voice") {
    box.append(voice(line));
  } else if (line.kind === "location") {
    box.append(spot(line));
  } else if (line.articles) {
    box.append(articles(line));
  } else {
    if (line.from === "desk") box.append(make("span", "who", "人工客服"));
    if (line.title) box.append(make("strong", "", `${line.title}\n`));
    const parts = line.from === "user" ? { text: line.text, choices: [] } : splitChoices(line.text || "");
    richText(box, parts.text, onChoice);
    const offered = (line.choices || []).map((c) => ({ label: c.content, order: { text: c.content, menu_id: c.id } }));
    if (parts.choices.length || offered.length) box.append(choiceButtons([...parts.choices, ...offered], onChoice));
    if (line.tail) box.append(make("span", "", line.tail));
  }
  return box;
}

function state(line, onRetry) {
  if (line.state === "failed") {
    const button = make("button", "state failed", "!");
    button.type = "button";
    button.setAttribute("aria-label", "没有送到，点一下再发");
    button.addEventListener("click", () => onRetry(line));
    return button;
  }
  return make("span", "state", line.state === "sending" ? "…" : "");
}

// One chat line as an element; `person` is who looks at it.
export function drawLine(line, person, { onChoice, onRetry }) {
  if (line.kind === "notice") return make("p", "notice", line.text);
  if (line.kind === "event") return make("p", "event", (EVENTS[line.event] || line.event) + (line.text ? `：${line.text}` : ""));
  const mine = line.from === "user";
  const row = make("div", mine ? "line mine" : "line");
  const speaker = mine ? "您说" : line.from === "desk" ? "人工客服说" : "银龄医保通说";
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", speaker);
  row.append(mine ? face(person) : accountFace(line), bubble(line, onChoice));
  if (mine) row.append(state(line, onRetry));
  return row;
}

export function stamp(seconds) {
  const time = new Date(seconds * 1000);
  const today = new Date().toDateString() === time.toDateString();
  const clock = time.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
  return make("p", "stamp", today ? clock : `${time.getMonth() + 1}月${time.getDate()}日 ${clock}`);
}
