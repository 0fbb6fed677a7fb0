/** The language the page speaks: the one chosen here, or else the first of the browser's that it knows. */
import { Shelf } from "./clients/js/shelf.js";
import { strings as en } from "./strings/en.js";
import { strings as ja } from "./strings/ja.js";

const LANGUAGES = { en, ja };
const shelf = new Shelf(globalThis.localStorage, "kaiwa.language");
const wanted = globalThis.navigator?.languages ?? [];

/** Every word the page says. */
export const strings = LANGUAGES[chosenLanguage()];

/** The reader's own variety of the language, for dates and numbers. */
export const locale =
  wanted.find((tag) => tag.split("-")[0] === strings.language) ?? strings.language;

/** @returns {{language: string, name: string}[]} All there are, each by its own name. */
export function languages() {
  return Object.values(LANGUAGES).map(({ language, name }) => ({ language, name }));
}

/** Words are built into the page all over, so it is loaded anew. @param {string} language */
export function switchLanguage(language) {
  shelf.save(language);
  location.reload();
}

function chosenLanguage() {
  const tags = [shelf.load(), ...wanted].filter((tag) => typeof tag === "string");
  return tags.map((tag) => tag.split("-")[0]).find((language) => Object.hasOwn(LANGUAGES, language)) ?? "en";
}
