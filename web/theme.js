/** Light, dark, or as the device prefers. */
import { Shelf } from "./clients/js/shelf.js";

const CHOICES = ["auto", "light", "dark"];
const shelf = new Shelf(localStorage, "kaiwa.theme");

/** @returns {"auto" | "light" | "dark"} */
export function chosenTheme() {
  const choice = shelf.load();
  return CHOICES.includes(choice) ? choice : "auto";
}

/** Go on to the next choice. @returns {"auto" | "light" | "dark"} */
export function switchTheme() {
  const next = CHOICES[(CHOICES.indexOf(chosenTheme()) + 1) % CHOICES.length];
  shelf.save(next);
  applyTheme();
  return next;
}

function applyTheme() {
  document.documentElement.dataset.theme = chosenTheme();
}

applyTheme();
