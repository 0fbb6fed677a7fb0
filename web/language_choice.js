/** The choice of the page's language, each under its own name. */
import { element } from "./dom.js";
import { languages, strings, switchLanguage } from "./language.js";

/** @param {object} [attributes] Of the select. @returns {HTMLSelectElement} */
export function languageChoice(attributes = { "aria-label": strings.settings.language }) {
  const select = element(
    "select",
    { class: "select", ...attributes, onchange: () => switchLanguage(select.value) },
    languages().map(({ language, name }) =>
      element(
        "option",
        { value: language, lang: language, selected: language === strings.language },
        name,
      ),
    ),
  );
  return select;
}
