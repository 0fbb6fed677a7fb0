import assert from "node:assert/strict";
import { test } from "node:test";

import { chatName, initials, writerNames } from "../../../web/names.js";

const client = { userId: "ann", people: { get: (userId) => ({ userId, displayName: userId }) } };

function group(memberIds, name) {
  return { chatId: "c", kind: "group", name, memberIds };
}

test("a group is called by its name, and by its members where it has none", () => {
  assert.equal(chatName(client, group(["ann", "bob"], "Trip")), "Trip");
  assert.equal(chatName(client, group(["ann", "bob"])), "bob");
  assert.equal(chatName(client, group(["ann", "bob", "eve"], "")), "bob and eve");
  assert.equal(chatName(client, group(["ann"])), "ann");
  assert.equal(chatName(client, group(["a", "ann", "b", "c", "d", "e"])), "a, b, c, d, and 1 other");
  assert.equal(chatName(client, group(["a", "ann", "b", "c", "d", "e", "f"])), "a, b, c, d, and 2 others");
});

test("there are initials of every name", () => {
  assert.deepEqual(["ann", "Ann Bee", "", " ", "夏祭り", "👩‍👩‍👧 home"].map(initials), ["A", "AB", "?", "?", "夏", "👩‍👩‍👧"]);
});

test("one does not see oneself writing, on another device", () => {
  const typing = { in: () => ["bob", "ann", "eve"] };
  assert.deepEqual(writerNames({ ...client, typing }, "c"), ["bob", "eve"]);
});
