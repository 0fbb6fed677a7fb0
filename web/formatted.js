/** Formatted words as elements. They are built, never parsed as markup. */
import { element } from "./dom.js";
import { formatted } from "./format.js";

const TAGS = { bold: "strong", italic: "em", strike: "s", quote: "blockquote", code: "code" };

/**
 * @param {string} text
 * @param {RegExp} [sought] What to mark in it; needs the flag `g`.
 * @returns {(Node | string)[]}
 */
export function formattedParts(text, sought) {
  return formatted(text).flatMap((part) => shown(part, sought));
}

function shown({ kind, text, href, parts }, sought) {
  const children = parts ? parts.flatMap((part) => shown(part, sought)) : marked(text, sought);
  if (kind === "text") return children;
  if (kind === "block") return element("pre", { tabindex: "0" }, element("code", {}, children));
  if (kind === "link")
    return element("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, children);
  return element(TAGS[kind], {}, children);
}

function marked(text, sought) {
  if (!sought) return [text];
  const children = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(sought)) {
    children.push(text.slice(end, index), element("mark", {}, found));
    end = index + found.length;
  }
  return [...children, text.slice(end)];
}
