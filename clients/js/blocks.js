import { Listeners } from "./listeners.js";

/** The people one has blocked. Tells `changed`. */
export class Blocks {
  #api;
  #listeners = new Listeners();
  /** @type {Set<string>} */
  #userIds = new Set();

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
  }

  on(event, listener) {
    return this.#listeners.on(event, listener);
  }

  /** @returns {string[]} */
  list() {
    return [...this.#userIds];
  }

  has(userId) {
    return this.#userIds.has(userId);
  }

  async refresh() {
    const { blocks } = await this.#api.request("GET", "/users/me/blocks");
    this.#userIds = new Set(blocks.map(({ userId }) => userId));
    this.#listeners.tell("changed");
  }

  async add(userId) {
    await this.#api.request("PUT", addressOf(userId));
    this.#userIds.add(userId);
    this.#listeners.tell("changed");
  }

  async remove(userId) {
    await this.#api.request("DELETE", addressOf(userId));
    this.#userIds.delete(userId);
    this.#listeners.tell("changed");
  }
}

function addressOf(userId) {
  return `/users/me/blocks/${encodeURIComponent(userId)}`;
}
