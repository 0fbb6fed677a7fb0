/**
 * Keeps the page for when there is no line. Whoever serves it (deploy/site.py) puts before it what belongs to this version:
 * `const SHELL = { version, files: { address: the SHA-256 of its bytes in base64 } }`. So every change of any file is
 * a change of this one, which is what browsers look at.
 *
 * A version is kept whole or not at all, and a window keeps the version it was opened with: a newer one waits until all
 * windows are closed, or until one of them says that it may take over, and then all of them load it.
 */
const PREFIX = "kaiwa-shell-";
const NAME = PREFIX + SHELL.version;
/** Outlives the versions: where the API is. */
const SETTINGS = "kaiwa-settings";
const START = "index.html";
const CONFIG = "config.json";
/** Requests at the same time. */
const LINES = 6;

addEventListener("install", (event) => event.waitUntil(keepShell()));
addEventListener("activate", (event) => event.waitUntil(dropOthers()));
addEventListener("message", ({ data }) => data === "take over" && skipWaiting());
addEventListener("fetch", (event) => {
  const answer = answerTo(event.request);
  if (answer) event.respondWith(answer);
});
addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(showChat(event.notification.data.chatId));
});

async function keepShell() {
  const cache = await caches.open(NAME);
  const wanted = Object.entries(SHELL.files);
  const line = async () => {
    for (let next = wanted.pop(); next; next = wanted.pop()) await keep(cache, ...next);
  };
  try {
    await Promise.all([newest(new Request(CONFIG)), ...Array.from({ length: LINES }, line)]);
  } catch (error) {
    await caches.delete(NAME);
    throw error;
  }
}

/** What an earlier version has already is not fetched again; what is not of this version is not kept. */
async function keep(cache, address, digest) {
  const held = await caches.match(address);
  if (held && (await digestOf(held)) === digest) return cache.put(address, held);
  const answer = await fetch(address, { cache: "no-cache" });
  if (!answer.ok || (await digestOf(answer)) !== digest) throw new Error(`${address} is not of ${SHELL.version}`);
  await cache.put(address, answer);
}

async function digestOf(answer) {
  const bytes = await answer.clone().arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return btoa(String.fromCharCode(...digest));
}

async function dropOthers() {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
}

/** @returns {Promise<Response> | undefined} Undefined for what is the network's own business. */
function answerTo(request) {
  const scope = registration.scope;
  if (request.method !== "GET" || !request.url.startsWith(scope)) return undefined;
  const address = request.url.slice(scope.length).split(/[?#]/u)[0];
  if (address === "") return kept(START, request);
  if (Object.hasOwn(SHELL.files, address)) return kept(address, request);
  return address === CONFIG ? newest(request) : undefined;
}

async function kept(address, request) {
  const cache = await caches.open(NAME);
  return (await cache.match(address)) ?? fetch(request);
}

async function newest(request) {
  const cache = await caches.open(SETTINGS);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(CONFIG, answer.clone());
    return answer;
  } catch (error) {
    const held = await cache.match(CONFIG);
    if (!held) throw error;
    return held;
  }
}

/** Somebody has pressed a notification: show its chat in a window that is open, or in a new one. */
async function showChat(chatId) {
  const [window] = await clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!window) return clients.openWindow(`./#/chats/${encodeURIComponent(chatId)}`);
  window.postMessage({ chatId });
  return window.focus();
}
