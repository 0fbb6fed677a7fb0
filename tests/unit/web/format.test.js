import assert from "node:assert/strict";
import { test } from "node:test";

import { formatted, plainText } from "../../../web/format.js";

const TAGS = { bold: "b", italic: "i", strike: "s", code: "c", block: "pre", quote: "q", link: "a" };

/** The tree in short: <b>bold</b>. */
function show(text) {
  const part = ({ kind, text: words, parts }) => {
    const inside = parts ? parts.map(part).join("") : words;
    return kind === "text" ? inside : `<${TAGS[kind]}>${inside}</${TAGS[kind]}>`;
  };
  return formatted(text).map(part).join("");
}

const CASES = {
  "": "",
  "plain words": "plain words",
  "*bold* and **bold**": "<b>bold</b> and <b>bold</b>",
  "_italic_, ~gone~ and ~~gone~~": "<i>italic</i>, <s>gone</s> and <s>gone</s>",
  "*all _of ~it~ at_ once*": "<b>all <i>of <s>it</s> at</i> once</b>",
  "(*in brackets*), *before a comma*!": "(<b>in brackets</b>), <b>before a comma</b>!",
  "これは*大事*です": "これは<b>大事</b>です",
  "~~中止~~になりました": "<s>中止</s>になりました",
  // What only looks like a mark.
  "2*3*4 and 2 * 3 * 4": "2*3*4 and 2 * 3 * 4",
  "snake_case_name and __init__": "snake_case_name and __init__",
  "山田_太郎_資料": "山田_太郎_資料",
  "10:00~12:00, 13:00~14:00": "10:00~12:00, 13:00~14:00",
  "東京~大阪~京都": "東京~大阪~京都",
  "** ** and *** and ~~~ and * *": "** ** and *** and ~~~ and * *",
  "*never closed": "*never closed",
  "never opened*": "never opened*",
  "*over two\nlines*": "*over two\nlines*",
  "*crossing _over* it_": "<b>crossing _over</b> it_",
  "*a note on *this*": "*a note on <b>this</b>",
  "**wrong* width": "**wrong* width",
  // Code keeps everything as it is.
  "`*code*` and *`code`*": "<c>*code*</c> and <b><c>code</c></b>",
  "` `` `": "` `` `",
  "```\nconst a = *b*;\n> c\n```": "<pre>const a = *b*;\n> c</pre>",
  "```js\nlet a\n```": "<pre>let a</pre>",
  "```one line```": "<pre>one line</pre>",
  "before\n```\ncode\n```\nafter": "before<pre>code</pre>after",
  "``` never closed\n*bold*": "``` never closed\n<b>bold</b>",
  "``````": "``````",
  // Quotes.
  "> said *so*\n> twice\nand the answer": "<q>said <b>so</b>\ntwice</q>and the answer",
  "> ": "> ",
  "a > b": "a > b",
  ">\n>": ">\n>",
  // Links.
  "*see https://example.com/a_b_c*": "<b>see <a>https://example.com/a_b_c</a></b>",
  "_https://example.com_": "<i><a>https://example.com</a></i>",
  "`https://example.com`": "<c>https://example.com</c>",
  "*javascript:alert(1)*": "<b>javascript:alert(1)</b>",
};

for (const [text, expected] of Object.entries(CASES)) {
  test(`formats ${JSON.stringify(text)}`, () => assert.equal(show(text), expected));
}

test("plain text is the words alone", () => {
  assert.equal(plainText("> *so*\n`a_b` ~no~\n```\nx\n```"), "so\na_b nox");
});

/** Deterministic noise of everything that means something; without plain letters, which could name a language. */
function noise(seed, length) {
  const pieces = ["*", "**", "_", "~", "~~", "`", "```", ">", "> ", "\n", " ", "é", "２", "語", "<b>", "https://a.b/c_d", "\u202E", "👩‍👩‍👧"];
  let state = seed;
  let text = "";
  while (text.length < length) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    text += pieces[(state >>> 16) % pieces.length];
  }
  return text;
}

test("nothing but marks is ever lost, and nothing is added", () => {
  const bare = (text) => text.replace(/[*_~`>\s]/gu, "");
  for (let seed = 1; seed <= 500; seed += 1) {
    const text = noise(seed, 120);
    const words = plainText(text);
    assert.equal(bare(words), bare(text), JSON.stringify(text));
  }
});

test("the longest of messages takes no time, however it is made", () => {
  const length = 8_000;
  const hostile = ["*a ", "_", "~", "`", "```", "> ", "*_~", "**a", "[", "https://a", "*a* ", "``` ` "].map((piece) =>
    piece.repeat(length / piece.length),
  );
  const started = process.cpuUsage().user;
  for (const text of [...hostile, noise(7, length)]) formatted(text);
  assert.ok(process.cpuUsage().user - started < 1_500_000);
});

test("no text can nest deeper than the three kinds of marks and a quote", () => {
  const depth = (parts) => 1 + Math.max(0, ...parts.map((part) => (part.parts ? depth(part.parts) : 0)));
  for (let seed = 1; seed <= 200; seed += 1) assert.ok(depth(formatted(noise(seed, 400))) <= 7);
});
