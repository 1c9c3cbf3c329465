// Calls of the page's own server. Every failure becomes an Error with one Chinese sentence.

async function call(path, options = {}) {
  let answer;
  try {
    answer = await fetch(`/simulator/${path}`, options);
  } catch {
    throw new Error("连不上服务，请看看它是不是在运行。");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.error || "服务出错了，请再试一次。");
  return body;
}

const who = (user) => `user=${encodeURIComponent(user)}`;

export const getMenu = () => call("menu");

export const getMessages = (user, after) => call(`messages?${who(user)}&after=${after}`);

export const send = (user, order) =>
  call(`send?${who(user)}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Simulator": "1" },
    body: JSON.stringify(order),
  });

export function upload(user, kind, file) {
  const form = new FormData();
  form.append("media", file);
  return call(`upload?${who(user)}&kind=${kind}`, { method: "POST", headers: { "X-Simulator": "1" }, body: form });
}

export const mediaAddress = (id, asWav = false) => `/simulator/media/${encodeURIComponent(id)}${asWav ? "?as=wav" : ""}`;
