/** The dialog's view of what a person prefers on this device. */
import { dialogHeading } from "./dialog.js";
import { element } from "./dom.js";
import { strings } from "./language.js";
import { languageChoice } from "./language_choice.js";

const words = strings.settings;

/** @param {{onClose: () => void, onBack: () => void}} listeners @returns {import("./dialog.js").View} */
export function settingsView({ onClose, onBack }) {
  return {
    element: element(
      "div",
      { class: "dialog-view" },
      dialogHeading(words.title, { onClose, onBack }),
      element("ul", { class: "settings" }, languageSetting()),
    ),
  };
}

function languageSetting() {
  return element(
    "li",
    { class: "setting" },
    element("label", { for: "setting-language" }, words.language),
    languageChoice({ id: "setting-language" }),
  );
}
