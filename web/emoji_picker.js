/** Choosing an emoji: a search, those chosen last, and all of them by group. On a phone a sheet at the bottom. */
import { element, fill } from "./dom.js";
import { emojiGroups, findEmoji } from "./emoji_choices.js";
import { strings } from "./language.js";
import { place } from "./menu.js";
import { recentEmoji, rememberEmoji } from "./recent_emoji.js";

const words = strings.emoji;
const MOST_FOUND = 120;
/** As the style sheet has them. */
const COLUMNS = 8;

/**
 * @param {HTMLElement} anchor What it stands beside, and what is focused again in the end.
 * @param {{onChoose: (emoji: string) => void}} listeners
 */
export async function openEmojiPicker(anchor, { onChoose }) {
  document.querySelector(".menu")?.hidePopover();
  const input = element("input", {
    type: "search",
    class: "search-input",
    "aria-label": words.search,
    placeholder: words.search,
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    oninput: show,
  });
  const results = element("div", { class: "emoji-results" });
  const note = element("p", { class: "quiet", role: "status" });
  const node = element(
    "div",
    { class: "menu emoji-picker", popover: "auto", role: "dialog", "aria-label": words.title, onkeydown: onKey, onclick },
    input,
    results,
  );
  let groups = [];

  function show() {
    const query = input.value.trim();
    const found = query === "" ? undefined : findEmoji(groups, query).slice(0, MOST_FOUND);
    note.textContent = found?.length === 0 ? words.none(query) : "";
    fill(results, note, found ? found.length > 0 && section(words.found, found) : everything());
    const first = results.querySelector("button");
    if (first) first.tabIndex = 0;
  }

  function everything() {
    const byEmoji = new Map(groups.flat().map((each) => [each.emoji, each]));
    const recent = recentEmoji().map((emoji) => byEmoji.get(emoji)).filter(Boolean);
    return [section(words.recent, recent), ...groups.map((group, index) => section(words.groups[index], group))];
  }

  function onclick({ target }) {
    const emoji = target.closest("[data-emoji]")?.dataset.emoji;
    if (!emoji) return;
    rememberEmoji(emoji);
    node.hidePopover();
    onChoose(emoji);
  }

  /** The arrow keys go from one to the next, up and down by what stands there. */
  function onKey(event) {
    const all = [...results.querySelectorAll("button")];
    const here = all.indexOf(document.activeElement);
    if (here < 0) {
      if (event.key === "ArrowDown" && all.length > 0) focus(event, all[0]);
      if (event.key === "Enter" && all.length > 0 && input.value.trim() !== "") {
        event.preventDefault();
        all[0].click();
      }
      return;
    }
    const next = {
      ArrowRight: () => all[here + 1],
      ArrowLeft: () => all[here - 1],
      ArrowDown: () => neighbour(all[here], 1),
      ArrowUp: () => neighbour(all[here], -1) ?? input,
      Home: () => all[0],
      End: () => all.at(-1),
    }[event.key]?.();
    if (next) focus(event, next, all[here]);
  }

  function focus(event, next, from) {
    event.preventDefault();
    if (from && next !== input) from.tabIndex = -1;
    if (next !== input) next.tabIndex = 0;
    next.focus();
  }

  node.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    anchor.removeAttribute("aria-expanded");
    if (node.contains(document.activeElement) || document.activeElement === document.body) anchor.focus();
    node.remove();
  });
  (anchor.closest("dialog, main") ?? document.body).append(node);
  node.showPopover();
  anchor.setAttribute("aria-expanded", "true");
  place(node, anchor);
  input.focus();
  groups = await emojiGroups();
  show();
}

function section(title, choices) {
  return element(
    "section",
    { class: "emoji-section", "aria-label": title },
    element("h2", {}, title),
    element(
      "div",
      { class: "emoji-grid", role: "group", "aria-label": title },
      choices.map(({ emoji, name }) =>
        element(
          "button",
          { type: "button", tabindex: "-1", "data-emoji": emoji, "aria-label": name, title: name },
          emoji,
        ),
      ),
    ),
  );
}

/** What stands below, or above, perhaps in the next group. @param {HTMLElement} button @param {1 | -1} step */
function neighbour(button, step) {
  const grid = button.parentElement;
  const cells = [...grid.children];
  const index = cells.indexOf(button);
  const isInLastRow = rowStart(cells.length - 1) === rowStart(index);
  const beside = cells[index + step * COLUMNS] ?? (step > 0 && !isInLastRow && cells.at(-1));
  if (beside) return beside;
  const section = grid.parentElement;
  const next = step > 0 ? section.nextElementSibling : section.previousElementSibling;
  if (!next) return undefined;
  const others = [...next.querySelectorAll("button")];
  const start = step > 0 ? 0 : rowStart(others.length - 1);
  return others[Math.min(start + (index % COLUMNS), others.length - 1)];
}

function rowStart(index) {
  return index - (index % COLUMNS);
}
