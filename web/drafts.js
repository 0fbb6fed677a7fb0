/** What somebody has begun to write and not sent, by chat, kept on this device until they log out. */
import { Listeners } from "./clients/js/listeners.js";
import { Shelf } from "./clients/js/shelf.js";

/** Tells `changed` with the chatId. */
export class Drafts {
  #shelf;
  #listeners = new Listeners();

  /** @param {string} userId @param {Storage} storage */
  constructor(userId, storage = localStorage) {
    this.#shelf = new Shelf(storage, `kaiwa.drafts.${userId}`);
  }

  on(event, listener) {
    return this.#listeners.on(event, listener);
  }

  /** @param {string} chatId @returns {string} Empty where nothing is begun. */
  get(chatId) {
    return this.#load()[chatId] ?? "";
  }

  /** @param {string} chatId @param {string} text */
  set(chatId, text) {
    // Read anew, for another window may have written meanwhile.
    const { [chatId]: before = "", ...others } = this.#load();
    if (text === before) return;
    this.#shelf.save(text.trim() === "" ? others : { ...others, [chatId]: text });
    this.#listeners.tell("changed", chatId);
  }

  forget() {
    this.#shelf.clear();
  }

  #load() {
    return this.#shelf.load() ?? {};
  }
}
