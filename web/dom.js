/** Building and refreshing the page. Words enter it as text, never as markup. */

/**
 * Build an element.
 *
 * @param {string} name
 * @param {object} [attributes] `on…` are listeners; `undefined`, `null` and `false` leave the attribute out.
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  append(node, children);
  return node;
}

/**
 * Put children in the place of those there.
 *
 * @param {Element} node
 * @param {...(Node | string | null | undefined | false)} children
 */
export function fill(node, ...children) {
  node.replaceChildren();
  append(node, children);
}

function append(node, children) {
  for (const child of children.flat()) {
    if (child !== undefined && child !== null && child !== false) node.append(child);
  }
}

/** @typedef {{key: string, signature: string, build: () => HTMLElement}} Row */

/** @type {WeakMap<Element, {key: string, signature: string}>} */
const built = new WeakMap();

/**
 * Make an element's children be these rows, touching only what differs, so that selection, focus and scroll
 * position survive. A row is built again when its signature has changed.
 *
 * @param {Element} parent Whose children all came from here.
 * @param {Row[]} rows
 */
export function showRows(parent, rows) {
  const held = new Map([...parent.children].map((child) => [built.get(child)?.key, child]));
  let next = parent.firstElementChild;
  for (const row of rows) {
    const old = held.get(row.key);
    held.delete(row.key);
    if (old && built.get(old).signature === row.signature) {
      if (old === next) next = next.nextElementSibling;
      else parent.insertBefore(old, next);
      continue;
    }
    const node = row.build();
    built.set(node, row);
    node.dataset.key = row.key;
    const focused = old ? focusables(old).indexOf(document.activeElement) : -1;
    if (old === next) next = next?.nextElementSibling ?? null;
    old?.remove();
    parent.insertBefore(node, next);
    if (focused >= 0) (focusables(node)[focused] ?? focusables(node)[0])?.focus();
  }
  for (const leftOver of held.values()) leftOver.remove();
}

function focusables(node) {
  return [...(node.matches("a, button") ? [node] : []), ...node.querySelectorAll("a, button")];
}

/** Words for screen readers alone. */
export function unseen(text) {
  return element("span", { class: "unseen" }, text);
}

const ANNOUNCED_MS = 5_000;
const MAX_ANNOUNCED = 300;
let announcedTimer;

/** Read something out to screen readers; it is gone again before anyone could come across it. */
export function announce(text) {
  let region = document.querySelector("#announcements");
  if (!region) {
    region = element("div", { id: "announcements", class: "unseen", role: "status", "aria-live": "polite" });
    document.body.append(region);
  }
  region.textContent = text.slice(0, MAX_ANNOUNCED);
  clearTimeout(announcedTimer);
  announcedTimer = setTimeout(() => region.replaceChildren(), ANNOUNCED_MS);
}
