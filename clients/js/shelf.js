import { parse } from "./json.js";

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Keeper */

/**
 * One JSON value kept in a browser `Storage` under one key. Storage that is full, forbidden or garbled counts
 * as empty.
 */
export class Shelf {
  #storage;
  #key;

  /** @param {Keeper} storage @param {string} key */
  constructor(storage, key) {
    this.#storage = storage;
    this.#key = key;
  }

  /** @returns {any} undefined when there is nothing. */
  load() {
    try {
      return parse(this.#storage.getItem(this.#key));
    } catch {
      return undefined;
    }
  }

  /** @param {unknown} value */
  save(value) {
    try {
      this.#storage.setItem(this.#key, JSON.stringify(value));
    } catch {
      // A private window may refuse; the value then lives as long as the page.
    }
  }

  clear() {
    this.#storage.removeItem(this.#key);
  }
}

/** A `Storage` that lives as long as the page. */
export class FleetingStorage extends Map {
  /** @param {string} key @returns {string | null} */
  getItem(key) {
    return this.get(key) ?? null;
  }

  /** @param {string} key @param {string} value */
  setItem(key, value) {
    this.set(key, value);
  }

  /** @param {string} key */
  removeItem(key) {
    this.delete(key);
  }
}
