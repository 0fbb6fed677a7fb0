/** The language the page speaks: the one chosen here, or else the first of the browser's that it knows. */
import { strings as en } from "./strings/en.js";
import { strings as ja } from "./strings/ja.js";

const LANGUAGES = { en, ja };
const KEY = "kaiwa.language";
const wanted = globalThis.navigator?.languages ?? [];

/** Every word the page says. */
export const strings = chosenStrings();

/** The reader's own variety of the language, for dates and numbers. */
export const locale = wanted.find((tag) => languageOf(tag) === strings.language) ?? strings.language;

/** @returns {{language: string, name: string}[]} All there are, each by its own name. */
export function languages() {
  return Object.values(LANGUAGES).map(({ language, name }) => ({ language, name }));
}

/** The words stand all over the page, so it is loaded anew. @param {string} language */
export function switchLanguage(language) {
  localStorage.setItem(KEY, language);
  location.reload();
}

function chosenStrings() {
  const tags = [remembered(), ...wanted].map(languageOf);
  return LANGUAGES[tags.find((language) => Object.hasOwn(LANGUAGES, language)) ?? "en"];
}

function remembered() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    // A browser may forbid it; there the choice lasts as long as the browser's own.
    return "";
  }
}

/** @param {string} tag Such as "ja-JP". @returns {string} */
function languageOf(tag) {
  return tag.split("-")[0].toLowerCase();
}
