/**
 * The few marks that people put around words: *bold*, _italic_, ~strike~, `code`, ```blocks``` and > quotes. Pure: a text
 * becomes a tree, in which every character of it stands as text or is one of those marks.
 */
import { splitLinks } from "./links.js";

/**
 * @typedef {{kind: "text" | "code" | "block", text: string}
 *   | {kind: "link", text: string, href: string}
 *   | {kind: "bold" | "italic" | "strike" | "quote", parts: Part[]}} Part
 */

const FENCE = "```";
const QUOTE = /^> ?/u;
const CODE = /`([^`]+)`/gu;
const MARK = /(\*+|_+|~+)/u;
const KINDS = { "*": "bold", "**": "bold", _: "italic", "~": "strike", "~~": "strike" };
/** Where words are not parted by spaces, these begin and end beside any letter; the others also stand in names and ranges. */
const FREE = new Set(["*", "**", "~~"]);
const WORD = /[\p{L}\p{N}]/u;
const LATIN_WORD = /[A-Za-z0-9]/u;
const SPACE = /^\s?$/u;

/** @param {string} text @returns {Part[]} */
export function formatted(text) {
  return blocksOf(text).flatMap((part) => (part.kind === "text" ? paragraphs(part.text) : [part]));
}

/** @param {string} text @returns {string} Its words without the marks, for where there is room for one line. */
export function plainText(text) {
  return formatted(text).map(wordsOf).join("");
}

function wordsOf(part) {
  if (part.kind === "quote") return `${part.parts.map(wordsOf).join("")}\n`;
  return part.parts?.map(wordsOf).join("") ?? part.text;
}

/** Cut out what stands between two fences; one alone is text. */
function blocksOf(text) {
  const parts = [];
  let end = 0;
  while (end < text.length) {
    const start = text.indexOf(FENCE, end);
    const close = start < 0 ? -1 : text.indexOf(FENCE, start + FENCE.length);
    const code = close < 0 ? "" : text.slice(start + FENCE.length, close).replace(/^[\w+#-]*\n|\n$/gu, "");
    if (code.trim() === "") {
      // Nothing in between: those fences are text, and what follows is looked at on its own.
      const stop = close < 0 ? text.length : close + FENCE.length;
      push(parts, text.slice(end, stop));
      end = stop;
      continue;
    }
    push(parts, text.slice(end, start).replace(/\n$/u, ""));
    parts.push({ kind: "block", text: code });
    end = close + FENCE.length;
    if (text[end] === "\n") end += 1;
  }
  return parts;
}

/** Lines that begin with the mark of a quote stand together. */
function paragraphs(text) {
  const parts = [];
  let quoted = [];
  let plain = [];
  const endQuote = () => {
    if (quoted.length > 0) parts.push({ kind: "quote", parts: linesOf(quoted) });
    quoted = [];
  };
  const endPlain = () => {
    if (plain.length > 0) parts.push(...linesOf(plain));
    plain = [];
  };
  for (const line of text.split("\n")) {
    if (QUOTE.test(line) && line.trim() !== ">") {
      endPlain();
      quoted.push(line.replace(QUOTE, ""));
    } else {
      endQuote();
      plain.push(line);
    }
  }
  endQuote();
  endPlain();
  return parts;
}

/** Marks end with their line. */
function linesOf(lines) {
  const parts = [];
  lines.forEach((line, index) => {
    if (index > 0) push(parts, "\n");
    for (const part of emphasised(line)) {
      if (part.kind === "text") push(parts, part.text);
      else parts.push(part);
    }
  });
  return parts;
}

/** Every mark that closes takes with it what came since the one that opened; what never closes is text again. */
function emphasised(line) {
  const frames = [{ parts: [] }];
  const top = () => frames.at(-1);
  const unfold = () => {
    const { mark, parts } = frames.pop();
    push(top().parts, mark);
    for (const part of parts) add(top().parts, part);
  };
  for (const token of tokensOf(line)) {
    const opened = token.mark ? frames.findLastIndex(({ mark }) => mark === token.mark) : -1;
    if (token.closes && opened > 0 && frames.slice(opened).some(({ parts }) => parts.length > 0)) {
      while (frames.length - 1 > opened) unfold();
      const { parts } = frames.pop();
      top().parts.push({ kind: KINDS[token.mark], parts });
    } else if (token.opens) {
      // The newest one counts: the one before it was just a sign.
      if (opened > 0) while (frames.length > opened) unfold();
      frames.push({ mark: token.mark, parts: [] });
    } else {
      add(top().parts, token.mark ? { kind: "text", text: token.mark } : token);
    }
  }
  while (frames.length > 1) unfold();
  return frames[0].parts;
}

/** Code and links as parts, in which no mark counts; marks with what they may do; and text. */
function tokensOf(line) {
  return atomsOf(line).flatMap((atom) => (atom.kind === "text" ? marksOf(atom, line) : [atom]));
}

function atomsOf(line) {
  const atoms = [];
  let at = 0;
  const addText = (text) => {
    for (const { text: words, href } of splitLinks(text)) {
      atoms.push(href ? { kind: "link", text: words, href } : { kind: "text", text: words, at });
      at += words.length;
    }
  };
  for (const { 0: found, 1: code, index } of line.matchAll(CODE)) {
    if (code.trim() === "") continue;
    addText(line.slice(at, index));
    atoms.push({ kind: "code", text: code });
    at = index + found.length;
  }
  addText(line.slice(at));
  return atoms;
}

function marksOf({ text, at }, line) {
  let position = at;
  return text
    .split(MARK)
    .map((piece, index) => {
      const start = position;
      position += piece.length;
      if (index % 2 === 0 || !Object.hasOwn(KINDS, piece)) return { kind: "text", text: piece };
      return markAt(piece, line[start - 1] ?? "", line[position] ?? "");
    })
    .filter(({ text: words }) => words !== "");
}

/** It opens before a word and closes after one, and does neither within one. */
function markAt(mark, before, after) {
  const word = FREE.has(mark) ? LATIN_WORD : WORD;
  const opens = !SPACE.test(after) && !word.test(before);
  const closes = !SPACE.test(before) && !word.test(after);
  return { mark, opens, closes };
}

function add(parts, part) {
  if (part.kind === "text") push(parts, part.text);
  else parts.push(part);
}

/** Text beside text is one text. */
function push(parts, text) {
  if (text === "") return;
  const last = parts.at(-1);
  if (last?.kind === "text") last.text += text;
  else parts.push({ kind: "text", text });
}
