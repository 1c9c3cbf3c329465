// The lists of calls and a call's timeline: fetched anew whenever the server says that they have changed.
import { get } from "./base.js";

async function renew(place, source, after = () => {}) {
  if (!place || place.dataset.fetching) return;
  place.dataset.fetching = "1";
  try {
    const answer = await get(source);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(answer.body, "text/html").body;
    const known = new Set([...place.querySelectorAll("[id]")].map((element) => element.id));
    place.replaceChildren(...fresh.childNodes);
    for (const item of place.querySelectorAll("li[id]")) if (!known.has(item.id)) item.classList.add("fresh");
    after(place);
  } finally {
    delete place.dataset.fetching;
  }
}

const lists = document.getElementById("calls");
const timeline = document.getElementById("timeline");

document.addEventListener("desk:calls", () => renew(lists, "/calls/list"));
document.addEventListener("desk:call", () => renew(timeline, timeline.dataset.source, (place) => {
  const phase = document.getElementById("call-phase");
  if (phase) phase.textContent = place.querySelector("[data-phase]").dataset.phaseName;
}));
