/** The switch between light, dark and as the device prefers. */
import { element, fill } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { chosenTheme, switchTheme } from "./theme.js";

const ICONS = { auto: "themeAuto", light: "themeLight", dark: "themeDark" };

/** @returns {HTMLElement} */
export function themeButton() {
  const button = element("button", {
    type: "button",
    class: "icon-button",
    onclick: () => show(switchTheme()),
  });
  function show(theme) {
    const name = strings.account.theme[theme];
    button.setAttribute("aria-label", name);
    button.title = name;
    fill(button, icon(ICONS[theme]));
  }
  show(chosenTheme());
  return button;
}
