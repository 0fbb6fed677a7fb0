/** What a person prefers on this device. */
import { Shelf } from "./clients/js/shelf.js";

/** @typedef {{notify: boolean, notifyWords: boolean}} Preferences */

/** @type {Preferences} */
const DEFAULTS = { notify: false, notifyWords: false };
const shelf = new Shelf(localStorage, "kaiwa.preferences");

/** @returns {Preferences} */
export function preferences() {
  return { ...DEFAULTS, ...shelf.load() };
}

/** @param {Partial<Preferences>} changes */
export function prefer(changes) {
  shelf.save({ ...preferences(), ...changes });
}
