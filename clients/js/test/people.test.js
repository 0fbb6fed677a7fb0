import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ConnectionLost, Problem } from "../errors.js";
import { People } from "../people.js";

let asked;
let answers;
let people;

beforeEach(() => {
  asked = [];
  answers = {};
  people = new People({
    async request(_method, path) {
      const userId = path.replace("/users/", "");
      asked.push(userId);
      if (answers[userId] instanceof Error) throw answers[userId];
      return answers[userId] ?? new Promise(() => {});
    },
  });
});

async function settle() {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
}

test("somebody unknown is asked for once, and is known then", async () => {
  answers.bob = { userId: "bob", username: "bob" };
  assert.deepEqual(people.get("bob"), { userId: "bob" });
  people.get("bob");
  await settle();
  assert.deepEqual(people.get("bob"), answers.bob);
  assert.deepEqual(asked, ["bob"]);
});

test("who is still being asked for is not kept as known", async () => {
  people.get("bob");
  await settle();
  assert.deepEqual([asked, people.list()], [["bob"], []]);
});

test("somebody known from another time is shown at once, and asked for when needed", async () => {
  answers.bob = { userId: "bob", username: "bob", displayName: "Robert" };
  people.recall({ userId: "bob", username: "bob", displayName: "Bob" });
  people.recall({ userId: "eve", username: "eve" });
  assert.equal(people.get("bob").displayName, "Bob");
  await settle();
  assert.equal(people.get("bob").displayName, "Robert");
  assert.deepEqual(asked, ["bob"]);
});

test("somebody known from another time stays so while nobody answers", async () => {
  answers.bob = new ConnectionLost();
  answers.eve = new ConnectionLost();
  people.recall({ userId: "bob", username: "bob" });
  for (let time = 0; time < 2; time += 1) {
    assert.equal(people.get("bob").username, "bob");
    people.get("eve");
    await settle();
  }
  // Whoever is not known at all is asked for again.
  assert.deepEqual(asked, ["bob", "eve", "eve"]);
});

test("whoever has left is gone", async () => {
  answers.bob = new Problem({ status: 404, code: "user_not_found" });
  people.get("bob");
  await settle();
  assert.deepEqual(people.list(), [{ userId: "bob", isGone: true }]);
});

test("at most four are asked for at the same time", async () => {
  for (const userId of ["a", "b", "c", "d", "e"]) people.get(userId);
  await settle();
  assert.deepEqual(asked, ["a", "b", "c", "d"]);
});
