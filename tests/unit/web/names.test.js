import assert from "node:assert/strict";
import { test } from "node:test";

import { writerNames } from "../../../web/names.js";

test("one does not see oneself writing, on another device", () => {
  const client = {
    userId: "ann",
    typing: { in: () => ["bob", "ann", "eve"] },
    people: { get: (userId) => ({ userId, displayName: userId }) },
  };
  assert.deepEqual(writerNames(client, "c"), ["bob", "eve"]);
});
