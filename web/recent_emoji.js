/** The emoji somebody has chosen last, on this device. */
import { Shelf } from "./clients/js/shelf.js";

const MOST = 16;
const FIRST = ["👍", "❤️", "😂", "🎉", "😮", "🙏", "👀", "😊"];
const shelf = new Shelf(localStorage, "kaiwa.emoji");

/** @returns {string[]} The latest first; a few to begin with. */
export function recentEmoji() {
  return shelf.load() ?? FIRST;
}

/** @param {string} emoji */
export function rememberEmoji(emoji) {
  shelf.save([emoji, ...recentEmoji().filter((each) => each !== emoji)].slice(0, MOST));
}
