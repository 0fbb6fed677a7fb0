import assert from "node:assert/strict";
import { test } from "node:test";

import { splitLinks } from "../../../web/links.js";

function links(text) {
  return splitLinks(text)
    .filter(({ href }) => href)
    .map((part) => part.text);
}

test("the parts joined together are the text", () => {
  for (const text of [
    "",
    "plain",
    "see https://example.com/a?b=c#d, or http://x.org.",
    "https://a.b https://c.d",
    "会話 https://例え.jp/道。次",
  ]) {
    assert.equal(
      splitLinks(text)
        .map((part) => part.text)
        .join(""),
      text,
    );
  }
});

test("what ends the sentence does not belong to the address", () => {
  assert.deepEqual(links("Look: https://example.com/page."), ["https://example.com/page"]);
  assert.deepEqual(links("(https://example.com/page)"), ["https://example.com/page"]);
  assert.deepEqual(links("https://example.com/a_(b) is one"), ["https://example.com/a_(b)"]);
  assert.deepEqual(links("「https://example.com/道」です"), ["https://example.com/道"]);
});

test("nothing but http and https becomes a link", () => {
  for (const text of [
    "javascript:alert(1)",
    "data:text/html,x",
    "ftp://example.com",
    "file:///etc/passwd",
    "https://",
    "xhttps://example.com",
  ]) {
    assert.deepEqual(links(text), []);
  }
});

test("an address cannot break out of where it is put", () => {
  const [part] = splitLinks('https://example.com/"onmouseover="alert(1)');
  assert.equal(part.href, "https://example.com/");
});
