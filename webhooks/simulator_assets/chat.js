// The chat on screen: keeps the lines by id, in order, with time stamps between them.

import { drawLine, stamp } from "./lines.js";

const STAMP_AFTER = 300; // seconds of silence before the time is shown again
const NEAR_END = 120; // pixels

export class Chat {
  constructor(element, actions) {
    this.element = element;
    this.actions = actions;
    this.clear();
    // The menu and the writing row come and go: who reads the newest line goes on seeing it.
    this.follows = true;
    element.addEventListener("scrollend", () => {
      this.follows = this.isAtEnd();
    });
    new ResizeObserver(() => this.follows && this.toEnd("instant")).observe(element);
  }

  isAtEnd() {
    return this.element.scrollHeight - this.element.scrollTop - this.element.clientHeight < NEAR_END;
  }

  clear() {
    this.element.replaceChildren();
    this.lines = new Map();
    this.drawn = new Map();
    this.lastAt = -Infinity;
  }

  // Add new lines and redraw changed ones; returns whether something new came from the other side.
  take(lines, person) {
    const atEnd = this.isAtEnd();
    const first = this.drawn.size === 0;
    let news = false;
    let added = false;
    for (const line of lines) {
      const known = this.drawn.get(line.id);
      this.lines.set(line.id, line);
      if (known && line.state === known.dataset.state) continue;
      const element = drawLine(line, person, this.actions);
      element.dataset.id = line.id;
      element.dataset.state = line.state || "";
      element.dataset.from = line.from;
      if (known) {
        known.replaceWith(element);
      } else {
        if (line.at - this.lastAt > STAMP_AFTER) this.element.append(stamp(line.at));
        this.lastAt = line.at;
        this.element.append(element);
        added = true;
        news ||= line.from !== "user";
      }
      this.drawn.set(line.id, element);
    }
    if (added) this.onlyLastChoices();
    if (added && (atEnd || lines.some((line) => line.from === "user"))) this.toEnd(first ? "instant" : "auto");
    return news;
  }

  // An answered question's numbers would mean something else now.
  onlyLastChoices() {
    const elements = [...this.drawn.values()].filter((element) => element.classList.contains("line"));
    const last = elements.at(-1);
    for (const element of elements) {
      for (const button of element.querySelectorAll(".choice")) button.disabled = element !== last;
    }
  }

  toEnd(behavior = "auto") {
    requestAnimationFrame(() => this.element.scrollTo({ top: this.element.scrollHeight, behavior }));
  }
}
