import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { strings as en } from "../../../web/strings/en.js";
import { strings as ja } from "../../../web/strings/ja.js";

const WEB = new URL("../../../web/", import.meta.url);
/** What browsers call keys, kinds of data and failures. */
const KEYS = new Set(
  "ArrowDown ArrowLeft ArrowRight ArrowUp End Enter Escape Files Home NotAllowedError PageDown PageUp Tab".split(" "),
);
/** What reads the same in every language. */
const SHARED = new Set([
  "product",
  "mark",
  "chats.manyUnread",
  "chats.preview",
]);

/** @returns {Map<string, string | Function>} Every entry by its path. */
function entries(strings, path = "") {
  return new Map(
    Object.entries(strings).flatMap(([key, value]) =>
      typeof value === "object" ? [...entries(value, `${path}${key}.`)] : [[`${path}${key}`, value]],
    ),
  );
}

function shape(strings) {
  return [...entries(strings)].map(([path, value]) =>
    typeof value === "function" ? `${path}(${value.length})` : path,
  );
}

/** What a file says in quotes, comments and the messages of errors aside. */
function literals(text) {
  const code = text
    .replace(/\/\*[\s\S]*?\*\//gu, "")
    .replace(/(?<!:)\/\/.*$/gmu, "")
    .replace(/new Error\((?:"[^"]*"|`[^`]*`)\)/gu, "");
  return [...code.matchAll(/"([^"\n]*)"|`([^`]*)`/gu)].map(([, quoted, template]) => quoted ?? template);
}

test("the languages have the same shape", () => {
  assert.deepEqual(shape(ja), shape(en));
});

test("nothing is left empty, and nothing is left in the other language", () => {
  const others = entries(en);
  for (const [path, value] of entries(ja)) {
    const text = typeof value === "function" ? String(value) : value;
    assert.notEqual(text, "", path);
    if (!SHARED.has(path)) assert.notEqual(text, String(others.get(path)), path);
  }
});

test("every function gives words with what it was given in them", () => {
  for (const [language, strings] of Object.entries({ en, ja })) {
    for (const [path, value] of entries(strings)) {
      if (typeof value !== "function") continue;
      const isList = ["conversation.typing", "people.list", "people.together"].includes(path);
      const names = isList ? [["Mio"]] : path === "conversation.membersNamed" ? ["7", ["Mio"]] : ["Mio", "7"];
      const text = value(...names);
      assert.equal(typeof text, "string", `${language} ${path}`);
      assert.match(text, /Mio|7/u, `${language} ${path}`);
    }
  }
});

test("no other module has words of its own", () => {
  const files = readdirSync(WEB).filter((name) => name.endsWith(".js"));
  assert.ok(files.length > 40);
  for (const name of files) {
    const said = literals(readFileSync(new URL(name, WEB), "utf8")).filter(
      (text) => /^[A-Z][a-z]|(?!\p{ASCII})\p{L}/u.test(text) && !KEYS.has(text),
    );
    assert.deepEqual(said, [], name);
  }
});
