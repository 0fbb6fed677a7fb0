import { Listeners } from "./listeners.js";
import { path } from "./path.js";

const MAX_AT_ONCE = 4;

/** @typedef {{userId: string, username?: string, displayName?: string, avatarFileId?: string, isGone?: boolean}} Person */

/** Everyone this client has heard of. Tells `changed` with a person who was learned. */
export class People extends Listeners {
  #api;
  /** @type {Map<string, Person>} */
  #known = new Map();
  /** @type {Set<string>} Those who need not be asked for: they are known as they are now, or about to be. */
  #settled = new Set();
  /** @type {Set<string>} */
  #wanted = new Set();
  #busy = 0;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    super();
    this.#api = api;
  }

  /**
   * Give what is known now; an unknown person is asked for and told later.
   *
   * @param {string} userId
   * @returns {Person}
   */
  get(userId) {
    if (!this.#settled.has(userId)) {
      this.#settled.add(userId);
      this.#wanted.add(userId);
      queueMicrotask(() => this.#askNext());
    }
    return this.#known.get(userId) ?? { userId };
  }

  /** @returns {Person[]} Everyone known. */
  list() {
    return [...this.#known.values()];
  }

  /** @param {string} userId @returns {Promise<Person>} As the server knows them now. */
  async read(userId) {
    const person = await this.#api.request("GET", path`/users/${userId}`);
    this.learn(person);
    return person;
  }

  /** Take in somebody as they are now. @param {Person} person */
  learn(person) {
    this.#known.set(person.userId, person);
    this.#settled.add(person.userId);
    this.#wanted.delete(person.userId);
    this.tell("changed", person);
  }

  /** Begin with somebody as they were another time; whoever needs them has them asked for. @param {Person} person */
  recall(person) {
    this.#known.set(person.userId, person);
  }

  /**
   * @param {string} prefix Of the username.
   * @param {{cursor?: string, signal?: AbortSignal}} [options]
   * @returns {Promise<{people: Person[], nextCursor?: string}>}
   */
  async find(prefix, { cursor, signal } = {}) {
    const answer = await this.#api.request("GET", "/users", { query: { username: prefix, cursor }, signal });
    for (const person of answer.users) this.learn(person);
    return { people: answer.users, nextCursor: answer.nextCursor };
  }

  async #askNext() {
    const [userId] = this.#wanted;
    if (userId === undefined || this.#busy >= MAX_AT_ONCE) return;
    this.#wanted.delete(userId);
    this.#busy += 1;
    try {
      await this.read(userId);
    } catch (/** @type {any} */ error) {
      if (error.status === 404) this.learn({ userId, isGone: true });
      else if (!this.#known.has(userId)) this.#settled.delete(userId);
    } finally {
      this.#busy -= 1;
      this.#askNext();
    }
  }
}
