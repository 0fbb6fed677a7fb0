/** The dialog's view of what a person prefers on this device. */
import { dialogHeading } from "./dialog.js";
import { element } from "./dom.js";
import { strings } from "./language.js";
import { languageChoice } from "./language_choice.js";
import { canNotify, notifies, startNotifying, stopNotifying } from "./notifications.js";
import { prefer, preferences } from "./preferences.js";

const words = strings.settings;

/** @param {{onClose: () => void, onBack: () => void}} listeners @returns {import("./dialog.js").View} */
export function settingsView({ onClose, onBack }) {
  return {
    element: element(
      "div",
      { class: "dialog-view" },
      dialogHeading(words.title, { onClose, onBack }),
      element("ul", { class: "settings" }, languageSetting(), notificationSettings()),
    ),
  };
}

/** One asks for the browser's permission, the other only makes sense with it. */
function notificationSettings() {
  if (!canNotify()) return element("li", { class: "setting" }, element("p", { class: "quiet" }, words.notifyImpossible));
  const refused = element("p", { class: "setting-note", role: "alert", hidden: true }, words.notifyRefused);
  const notify = setting("notify", words.notify, words.notifyHint, notifies(), onNotify);
  const withWords = setting(
    "words",
    words.notifyWords,
    words.notifyWordsHint,
    preferences().notifyWords,
    (isWanted) => prefer({ notifyWords: isWanted }),
  );
  withWords.input.disabled = !notifies();

  async function onNotify(isWanted) {
    if (isWanted) refused.hidden = await startNotifying();
    else stopNotifying();
    notify.input.checked = notifies();
    withWords.input.disabled = !notifies();
  }
  notify.element.append(refused);
  return [notify.element, withWords.element];
}

function setting(name, label, hint, isOn, onChange) {
  const input = element("input", {
    type: "checkbox",
    role: "switch",
    id: `setting-${name}`,
    class: "switch",
    "aria-describedby": `setting-${name}-hint`,
    checked: isOn,
    onchange: () => onChange(input.checked),
  });
  const node = element(
    "li",
    { class: "setting" },
    element(
      "span",
      { class: "setting-words" },
      element("label", { for: input.id }, label),
      element("span", { id: `setting-${name}-hint`, class: "quiet" }, hint),
    ),
    input,
  );
  return { element: node, input };
}

function languageSetting() {
  return element(
    "li",
    { class: "setting" },
    element("label", { for: "setting-language" }, words.language),
    languageChoice({ id: "setting-language" }),
  );
}
