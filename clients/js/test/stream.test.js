import assert from "node:assert/strict";
import { test } from "node:test";

import { Stream } from "../stream.js";

test("what came before it was asked for waits, and who asks early waits", async () => {
  const stream = new Stream(() => {});
  stream.push("one");
  assert.deepEqual(await stream.next(), { done: false, value: "one" });
  const [two, three] = [stream.next(), stream.next()];
  stream.push("two");
  stream.push("three");
  assert.equal((await two).value, "two");
  assert.equal((await three).value, "three");
});

test("an end is told to who waits, after what waits was given, and once to its maker", async () => {
  let ends = 0;
  const stream = new Stream(() => (ends += 1));
  const first = stream.next();
  stream.push("one");
  stream.push("two");
  stream.end();
  stream.end();
  stream.push("late");
  assert.equal((await first).value, "one");
  assert.equal((await stream.next()).value, "two");
  assert.equal((await stream.next()).done, true);
  assert.equal(ends, 1);
});

test("who breaks off wants no more", async () => {
  let ends = 0;
  const stream = new Stream(() => (ends += 1));
  stream.push("one");
  stream.push("two");
  for await (const value of stream) {
    assert.equal(value, "one");
    break;
  }
  assert.equal(ends, 1);
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
});
