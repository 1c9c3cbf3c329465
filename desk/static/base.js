// What every page of the desk does: ask the server safely, keep clocks ticking, say that someone is here.
const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

/** POST form fields; answers {ok, status, body}. Leaves for the log-in page when the session has ended. */
export async function post(url, fields = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": meta("csrf-token"), "X-Desk": "1", Accept: "application/json" },
    body: new URLSearchParams(fields),
    credentials: "same-origin",
  });
  return answered(response);
}

/** GET a piece of a page or JSON. */
export async function get(url, accept = "text/html") {
  return answered(await fetch(url, { headers: { Accept: accept, "X-Desk": "1" }, credentials: "same-origin" }));
}

async function answered(response) {
  if (response.status === 401) {
    location.assign("/login?ended=1");
    return { ok: false, status: 401, body: { message: "登录已经过期，请重新登录。" } };
  }
  const json = (response.headers.get("Content-Type") ?? "").includes("json");
  return { ok: response.ok, status: response.status, body: json ? await response.json() : await response.text() };
}

/** Show a message on top of the page; kind is info | good | warn | alarm. */
export function say(text, kind = "info") {
  const place = document.getElementById("messages");
  const bar = document.createElement("div");
  bar.className = `bar ${kind}`;
  const words = document.createElement("p");
  words.textContent = text;
  bar.append(words);
  place.replaceChildren(bar);
}

/** Seconds as 3分20秒. */
export function lasting(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s}秒`;
  if (s < 3600) return `${Math.floor(s / 60)}分${String(s % 60).padStart(2, "0")}秒`;
  return `${Math.floor(s / 3600)}小时${Math.floor((s % 3600) / 60)}分`;
}

// The server's clock rules: an office computer's own may be wrong by minutes.
const serverAhead = Number(meta("server-time")) * 1000 - Date.now() || 0;
function tick() {
  for (const element of document.querySelectorAll("time[data-since]")) {
    const since = Date.parse(element.dataset.since);
    element.textContent = lasting((Date.now() + serverAhead - since) / 1000);
  }
}

let active = true;
function used() {
  active = true;
  const idle = document.getElementById("idle");
  if (idle && !idle.hidden) { idle.hidden = true; heartbeat(); }
}
for (const kind of ["pointerdown", "keydown", "scroll"]) {
  addEventListener(kind, used, { passive: true, capture: true });
}

async function heartbeat() {
  const wasActive = active;
  active = false;
  try {
    const answer = await post("/heartbeat", { active: wasActive ? "1" : "0" });
    if (answer.ok) {
      const idle = document.getElementById("idle");
      if (idle) idle.hidden = answer.body.seconds_left > 180;
      document.getElementById("offline")?.setAttribute("hidden", "");
      const state = document.getElementById("agent-state");
      if (state && document.activeElement !== state) state.value = answer.body.state;
    }
  } catch {
    active = active || wasActive;
    document.getElementById("offline")?.removeAttribute("hidden");
  }
}

function start() {
  document.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  tick();
  setInterval(tick, 1000);
  if (!document.body.dataset.agent) return;
  heartbeat();
  setInterval(heartbeat, 20000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) heartbeat(); });

  const state = document.getElementById("agent-state");
  state?.addEventListener("change", async () => {
    const answer = await post("/state", { state: state.value });
    say(answer.body.message ?? "没有改成，请再试一次。", answer.ok ? "good" : "alarm");
  });

  document.addEventListener("submit", (event) => {
    const question = event.target.dataset.confirm;
    if (question && !confirm(question)) event.preventDefault();
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-reveal]");
    if (!button) return;
    const answer = await post(button.dataset.reveal);
    if (!answer.ok) return say(answer.body.message ?? "现在看不到，请再试一次。", "alarm");
    for (const [key, value] of Object.entries(answer.body.fields)) {
      const place = document.getElementById(key);
      if (place) place.textContent = value;
    }
    document.dispatchEvent(new CustomEvent("desk:revealed", { detail: answer.body }));
    button.hidden = true;
  });
}
start();
