// The account's menu at the bottom: up to three buttons, each with up to five below it.

import { make } from "./lines.js";

export function drawMenu(nav, buttons, onTap) {
  nav.hidden = !buttons.length;
  nav.replaceChildren(...buttons.map((button) => slot(nav, button, onTap)));
}

export function closeMenus(nav, except = null) {
  for (const button of nav.querySelectorAll(".menu-button[aria-expanded=true]")) {
    if (button === except) continue;
    button.setAttribute("aria-expanded", "false");
    button.nextElementSibling.hidden = true;
  }
}

function slot(nav, button, onTap) {
  const box = make("div", "menu-slot");
  const below = button.sub_button || [];
  const top = make("button", "menu-button");
  top.type = "button";
  if (!below.length) {
    top.textContent = button.name;
    top.addEventListener("click", () => onTap(button));
    box.append(top);
    return box;
  }
  top.append(make("span", "mark"), button.name);
  top.setAttribute("aria-haspopup", "true");
  top.setAttribute("aria-expanded", "false");
  const list = make("div", "submenu");
  list.hidden = true;
  list.setAttribute("role", "group");
  list.setAttribute("aria-label", button.name);
  for (const child of below) {
    const item = make("button", "", child.name);
    item.type = "button";
    item.addEventListener("click", () => {
      closeMenus(nav);
      onTap(child);
    });
    list.append(item);
  }
  top.addEventListener("click", () => {
    const open = top.getAttribute("aria-expanded") === "true";
    closeMenus(nav, top);
    top.setAttribute("aria-expanded", String(!open));
    list.hidden = open;
    if (!open) list.querySelector("button").focus({ preventScroll: true });
  });
  box.append(top, list);
  return box;
}
