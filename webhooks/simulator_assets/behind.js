// The panel for newcomers: what became of each message on its way.

import { make } from "./lines.js";

const SHOWN = 6;
const LABELS = {
  intent: "听懂的意思",
  confidence: "把握",
  source: "怎么听懂的",
  act: "怎么回应",
  topic: "事项",
  region: "地区",
  entry: "用到的条目",
  citation: "依据",
};
const OUTCOMES = {
  replied: "当场回答",
  empty: "先应下，稍后回答",
  timeout: "5秒内没有回答",
  refused: "连不上",
  status: "服务报错",
  lost: "回答丢在路上",
  bad_reply: "回答的格式不对",
};
const KINDS = { voice: "（语音）", image: "（照片）", location: "（位置）", event: "（事件）" };

function readable(value) {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function row(list, name, value, bad = false) {
  list.append(make("dt", "", name), make("dd", bad ? "bad" : "", value));
}

function step(line, later) {
  const item = make("li", "step");
  item.append(make("strong", "", line.kind === "text" ? line.text : (KINDS[line.kind] || "") + (line.text || "")));
  const list = make("dl");
  for (const attempt of line.attempts || []) {
    if (attempt.seconds === undefined) continue;
    const good = attempt.outcome === "replied" || attempt.outcome === "empty";
    const name = attempt.number === 1 ? "送达" : `第${attempt.number}次`;
    row(list, name, `${OUTCOMES[attempt.outcome] || attempt.outcome}，${attempt.seconds.toFixed(2)}秒`, !good);
  }
  if (later) row(list, "稍后", `客服消息 ${later} 条`);
  for (const [name, label] of Object.entries(LABELS)) {
    if (line.notes && line.notes[name]) row(list, label, readable(line.notes[name]));
  }
  if (!list.childElementCount) row(list, "送达", "正在路上…");
  item.append(list);
  return item;
}

export function drawBehind(steps, quota, lines, chatState) {
  quota.textContent = chatState.follows
    ? `现在还可以主动发 ${chatState.quota} 条客服消息（微信的限额）。`
    : "还没有关注公众号。";
  const found = [];
  for (const line of lines) {
    if (line.from === "user") found.push({ line, later: 0 });
    else if (line.via === "custom" && found.length) found.at(-1).later += 1;
  }
  steps.replaceChildren(...found.slice(-SHOWN).reverse().map(({ line, later }) => step(line, later)));
}
