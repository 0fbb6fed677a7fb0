import assert from "node:assert/strict";
import { test } from "node:test";

import { MAX_LENGTH, MessageWindow } from "../../../web/message_window.js";

const ids = (from, to) => Array.from({ length: to - from }, (_, index) => `m${from + index}`);
const range = ({ from, to }) => [from, to];

function windowOn(list) {
  const shown = new MessageWindow();
  shown.update(list, { isFollowing: true });
  return shown;
}

test("a short list is shown whole, a long one from its end", () => {
  assert.deepEqual(range(windowOn([])), [0, 0]);
  assert.deepEqual(range(windowOn(ids(0, 5))), [0, 5]);
  assert.deepEqual(range(windowOn(ids(0, 10_000))), [9_920, 10_000]);
});

test("it never holds more than its limit, whichever way it goes", () => {
  const shown = windowOn(ids(0, 10_000));
  while (shown.hasEarlier) {
    shown.earlier();
    assert.ok(shown.to - shown.from <= MAX_LENGTH);
  }
  assert.deepEqual(range(shown), [0, MAX_LENGTH]);
  while (shown.hasLater) {
    shown.later();
    assert.ok(shown.to - shown.from <= MAX_LENGTH);
  }
  assert.deepEqual(range(shown), [10_000 - MAX_LENGTH, 10_000]);
});

test("what is loaded before it moves nothing", () => {
  const shown = windowOn(ids(500, 1_000));
  shown.update(ids(400, 1_000), { isFollowing: true });
  assert.deepEqual(range(shown), [520, 600]);
});

test("at the end it follows, and lets go of the other edge", () => {
  const shown = windowOn(ids(0, 100));
  for (let end = 101; end <= 400; end += 1) shown.update(ids(0, end), { isFollowing: true });
  assert.deepEqual(range(shown), [400 - MAX_LENGTH, 400]);
});

test("somebody who reads further up keeps what they read, whatever comes in below", () => {
  const shown = windowOn(ids(0, 100));
  for (let end = 101; end <= 400; end += 1) shown.update(ids(0, end), { isFollowing: false });
  assert.deepEqual(range(shown), [20, 20 + MAX_LENGTH]);
  assert.equal(shown.hasLater, true);
});

test("a message that goes away takes nothing else with it", () => {
  const list = ids(0, 100);
  const shown = windowOn(list);
  shown.update(list.slice(0, 99), { isFollowing: true });
  assert.deepEqual(range(shown), [20, 99]);
  shown.update(list.slice(0, 20), { isFollowing: true });
  assert.deepEqual(range(shown), [0, 20]);
  shown.update([], { isFollowing: true });
  assert.deepEqual(range(shown), [0, 0]);
});

test("any message can be brought in", () => {
  const shown = windowOn(ids(0, 10_000));
  shown.reveal("m17");
  assert.deepEqual(range(shown), [0, 57]);
  shown.reveal("m5000");
  assert.deepEqual(range(shown), [4_960, 5_040]);
  shown.reveal("m5000");
  shown.reveal("nobody's");
  assert.deepEqual(range(shown), [4_960, 5_040]);
  shown.toBeginning();
  assert.deepEqual(range(shown), [0, 80]);
  shown.toEnd();
  assert.deepEqual(range(shown), [9_920, 10_000]);
});
