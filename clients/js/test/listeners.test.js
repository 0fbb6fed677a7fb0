import assert from "node:assert/strict";
import { test } from "node:test";

import { Listeners } from "../listeners.js";

test("what is told before it is asked for waits, and who asks early waits", async () => {
  const listeners = new Listeners();
  const stream = listeners.stream("event", "end");
  listeners.tell("event", "one");
  listeners.tell("other", "nothing");
  assert.deepEqual(await stream.next(), { done: false, value: "one" });
  const [two, three] = [stream.next(), stream.next()];
  listeners.tell("event", "two");
  listeners.tell("event", "three");
  assert.equal((await two).value, "two");
  assert.equal((await three).value, "three");
});

test("an end is told to who waits, after what waits was given", async () => {
  const listeners = new Listeners();
  const stream = listeners.stream("event", "end");
  const early = stream.next();
  listeners.tell("event", "one");
  listeners.tell("event", "two");
  listeners.tell("end");
  assert.equal((await early).value, "one");
  assert.equal((await stream.next()).value, "two");
  assert.equal((await stream.next()).done, true);
  const waiting = new Listeners();
  const next = waiting.stream("event", "end").next();
  waiting.tell("end");
  assert.equal((await next).done, true);
});

test("who breaks off hears no more", async () => {
  const listeners = new Listeners();
  listeners.tell("event", "before");
  const stream = listeners.stream("event", "end");
  listeners.tell("event", "one");
  listeners.tell("event", "two");
  for await (const value of stream) {
    assert.equal(value, "one");
    break;
  }
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
});
