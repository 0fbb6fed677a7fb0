/** What is known of chats, kept on this device until one logs out: it is shown at once, and without a line. */
import { knownBy, restore } from "./known.js";

const DATABASE = "kaiwa";
const STORE = "known";
/** Changes come in swarms; what they come to is written once. */
const PAUSE_MS = 2_000;

/** What one person's page knew the last time. A browser that keeps nothing leaves it empty. */
export class Memory {
  #userId;
  /** @type {Promise<IDBDatabase>} */
  #database;

  /** @param {string} userId */
  constructor(userId) {
    this.#userId = userId;
    this.#database = open();
    this.#database.catch(() => {});
  }

  /** @returns {Promise<object | undefined>} */
  load() {
    return this.#ask("readonly", (store) => store.get(this.#userId));
  }

  /** @param {object} known */
  save(known) {
    return this.#ask("readwrite", (store) => store.put(known, this.#userId));
  }

  /** Nothing of anybody stays. */
  forget() {
    return this.#ask("readwrite", (store) => store.clear());
  }

  async #ask(mode, act) {
    try {
      const database = await this.#database;
      return await answer(act(database.transaction(STORE, mode).objectStore(STORE)));
    } catch {
      return undefined;
    }
  }
}

/**
 * Begin with what was known, and keep what is.
 *
 * @param {import("./clients/js/client.js").Client} client One that has not started.
 * @param {Memory} memory
 * @returns {Promise<() => void>} Call it to keep nothing more.
 */
export async function remember(client, memory) {
  const known = await memory.load();
  if (known) restore(client, known);
  let timer;

  function later() {
    timer ??= setTimeout(now, PAUSE_MS);
  }

  function now() {
    clearTimeout(timer);
    timer = undefined;
    memory.save(knownBy(client));
  }

  function onHidden() {
    if (timer && document.visibilityState === "hidden") now();
  }

  document.addEventListener("visibilitychange", onHidden);
  const stops = [
    client.on("chats", later),
    client.on("log", later),
    client.people.on("changed", later),
    () => document.removeEventListener("visibilitychange", onHidden),
  ];
  return () => {
    stops.forEach((stop) => stop());
    clearTimeout(timer);
  };
}

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
