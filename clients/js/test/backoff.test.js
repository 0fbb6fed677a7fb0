import assert from "node:assert/strict";
import { test } from "node:test";

import { reconnectDelay, renewalDelay } from "../backoff.js";

const never = () => 0;
const almost = () => 0.999999;

test("the ceiling of the pause doubles from 1 s and stays at 30 s", () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 40].map((attempt) =>
    Math.ceil(reconnectDelay(attempt, almost) / 1000),
  );
  assert.deepEqual(ceilings, [1, 2, 4, 8, 16, 30, 30, 30]);
});

test("full jitter reaches down to no pause at all", () => {
  assert.equal(reconnectDelay(7, never), 0);
});

test("a two-hour connection is renewed between 5 minutes and 1 minute before its end", () => {
  const twoHours = 2 * 60 * 60 * 1000;
  assert.equal(renewalDelay(twoHours, never), twoHours - 60_000);
  assert.ok(renewalDelay(twoHours, almost) >= twoHours - 300_000);
  assert.ok(renewalDelay(twoHours, almost) < twoHours - 299_000);
});

test("a short connection is renewed within the second half of its life", () => {
  assert.equal(renewalDelay(4_000, never), 3_000);
  assert.equal(renewalDelay(4_000, almost), 2_000);
  assert.equal(renewalDelay(0, almost), 0);
});
