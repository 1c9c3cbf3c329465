// The waiting list: fetched anew whenever the server says that it has changed.
import { get } from "./base.js";

const list = document.getElementById("queue");
let fetching = false;
let again = false;

async function refresh() {
  if (fetching) { again = true; return; }
  fetching = true;
  try {
    const answer = await get("/queue");
    if (answer.ok) show(answer.body);
  } finally {
    fetching = false;
    if (again) { again = false; refresh(); }
  }
}

function show(html) {
  const known = new Set([...list.querySelectorAll(".ticket")].map((ticket) => ticket.id));
  const focused = document.activeElement?.closest(".ticket")?.id;
  const page = new DOMParser().parseFromString(html, "text/html");
  list.replaceChildren(...page.body.childNodes);
  for (const ticket of list.querySelectorAll(".ticket")) {
    if (!known.has(ticket.id)) ticket.classList.add("fresh");
  }
  if (focused) document.getElementById(focused)?.querySelector("button, a")?.focus();
}

document.addEventListener("desk:queue", refresh);
