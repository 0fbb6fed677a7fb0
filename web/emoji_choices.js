/** All emoji with what they are called in the page's language, and the search among them. */
import { strings } from "./language.js";

/** @typedef {{emoji: string, name: string, words: string}} Emoji `words`: everything that finds it, folded. */

/** @returns {Promise<Emoji[][]>} By group. They are many, so they come when somebody wants one. */
export async function emojiGroups() {
  const [{ groups }, { words }] = await Promise.all([
    import("./emoji/characters.js"),
    import(`./emoji/${strings.language}.js`),
  ]);
  let index = 0;
  return groups.map((characters) =>
    characters.split(" ").map((emoji) => {
      const [name, others = ""] = words[index].split("|");
      index += 1;
      return { emoji, name, words: folded(`${name} ${others}`) };
    }),
  );
}

/**
 * @param {Emoji[][]} groups
 * @param {string} query Several words, each of which must begin one of an emoji's; in Japanese it may stand anywhere.
 * @returns {Emoji[]} Those whose name begins with it come first.
 */
export function findEmoji(groups, query) {
  const wanted = folded(query).split(" ").filter(Boolean);
  const found = groups.flat().filter(({ emoji, words }) => emoji === query || wanted.every((word) => has(words, word)));
  const rank = ({ words }) => (words.startsWith(wanted[0]) ? 0 : 1);
  return found.sort((one, other) => rank(one) - rank(other));
}

function has(words, word) {
  return /^[a-z0-9]/u.test(word) ? ` ${words}`.includes(` ${word}`) : words.includes(word);
}

/** Capitals, widths and the two kana count for nothing. @param {string} text */
function folded(text) {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[ァ-ヶ]/gu, (kana) => String.fromCodePoint(kana.codePointAt(0) - 0x60))
    .replace(/[\s\u3000]+/gu, " ")
    .trim();
}
