// Who chats: two people of the stories and, if wanted, somebody new. The choice stays in this browser.

const STORE = "yinling-simulator";

export const PEOPLE = [
  { id: "oStandinDaughterXiaoLi000001", name: "女儿小李", about: "在外地，替爸妈问", face: "李", look: "li" },
  { id: "oStandinGrandpaWang000000001", name: "王大爷", about: "75岁，自己问", face: "王", look: "wang" },
];

function load() {
  try {
    return JSON.parse(localStorage.getItem(STORE)) || {};
  } catch {
    return {};
  }
}

function save(change) {
  try {
    localStorage.setItem(STORE, JSON.stringify({ ...load(), ...change }));
  } catch {
    // A browser without storage still works; it only forgets.
  }
}

export function everybody() {
  const fresh = load().fresh;
  return fresh ? [...PEOPLE, { id: fresh, name: "新用户", about: fresh.slice(-6), face: "新", look: "new" }] : PEOPLE;
}

export function current() {
  const chosen = load().person;
  return everybody().find((person) => person.id === chosen) || PEOPLE[0];
}

export const choose = (id) => save({ person: id });

export function makeFresh() {
  const bytes = crypto.getRandomValues(new Uint8Array(27));
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  const id = "o" + Array.from(bytes, (byte) => letters[byte % 64]).join("");
  save({ fresh: id, person: id });
}

export const textSize = () => Number(load().size) || 0;
export const setTextSize = (size) => save({ size });
