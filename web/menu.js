/** A small menu beside what it belongs to; on a phone a sheet at the bottom. */
import { element } from "./dom.js";
import { icon } from "./icons.js";

const GAP_PX = 6;

/**
 * @typedef {{label: string, icon?: string, onclick: () => void, isDanger?: boolean}} MenuItem
 *
 * @param {HTMLElement} anchor What it stands beside, and what is focused again in the end.
 * @param {{label: string, items: MenuItem[], top?: HTMLElement}} options `top`: a row of further menu items.
 */
export function openMenu(anchor, { label, items, top }) {
  document.querySelector(".menu")?.hidePopover();
  const menu = element(
    "div",
    { class: "menu", role: "menu", "aria-label": label, popover: "auto", onkeydown: onKey, onclick: close },
    top,
    items.map((item) =>
      element(
        "button",
        {
          type: "button",
          role: "menuitem",
          tabindex: "-1",
          class: item.isDanger ? "menu-item danger" : "menu-item",
          onclick: item.onclick,
        },
        item.icon && icon(item.icon),
        item.label,
      ),
    ),
  );

  function buttons() {
    return [...menu.querySelectorAll('[role^="menuitem"]')];
  }

  function onKey(event) {
    const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
    const all = buttons();
    const here = all.indexOf(document.activeElement);
    if (event.key in steps) move(all.at((here + steps[event.key]) % all.length));
    else if (event.key === "Home") move(all[0]);
    else if (event.key === "End") move(all.at(-1));
    else if (event.key === "Tab") close();
    else return;
    if (event.key !== "Tab") event.preventDefault();
  }

  function move(button) {
    button.focus();
  }

  function close() {
    menu.hidePopover();
  }

  menu.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    anchor.removeAttribute("aria-expanded");
    // Unless what was chosen has taken the focus elsewhere.
    if (menu.contains(document.activeElement) || document.activeElement === document.body) anchor.focus();
    menu.remove();
  });
  // A dialog is above everything but what it contains.
  (anchor.closest("dialog, main") ?? document.body).append(menu);
  menu.showPopover();
  anchor.setAttribute("aria-expanded", "true");
  place(menu, anchor);
  buttons()[0]?.focus({ preventScroll: true });
}

/** Below the anchor or above it, and never outside the window. */
export function place(menu, anchor) {
  const { top, bottom, left, right } = anchor.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = menu;
  const fitsBelow = bottom + GAP_PX + offsetHeight <= innerHeight - GAP_PX;
  const y = fitsBelow ? bottom + GAP_PX : Math.max(GAP_PX, top - GAP_PX - offsetHeight);
  const isRight = (left + right) / 2 > innerWidth / 2;
  const x = isRight ? right - offsetWidth : left;
  menu.style.setProperty("--x", `${Math.min(Math.max(GAP_PX, x), innerWidth - offsetWidth - GAP_PX)}px`);
  menu.style.setProperty("--y", `${y}px`);
}
