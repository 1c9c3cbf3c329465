// The edit form: says what is to be mended while one writes, and asks before unsaved work is lost.
import { post } from "./base.js";

const form = document.getElementById("entry");
const place = document.getElementById("findings");
let waiting = 0;
let asked = 0;
let touched = false;

async function check() {
  const mine = ++asked;
  try {
    const answer = await post(form.dataset.check, new FormData(form));
    if (answer.ok && mine === asked) place.innerHTML = answer.body;
  } catch {
    // The bar on top of the page tells that the server cannot be reached.
  }
}

form.addEventListener("input", () => {
  touched = true;
  clearTimeout(waiting);
  waiting = setTimeout(check, 600);
});
form.addEventListener("submit", () => { touched = false; });
addEventListener("beforeunload", (event) => { if (touched) event.preventDefault(); });
