import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox } from "../outbox.js";
import { ConnectionLost, Problem } from "../errors.js";

function write(outbox, clientMessageId, chatId = "chat") {
  return outbox.add({
    clientMessageId,
    chatId,
    text: `words of ${clientMessageId}`,
    writtenAt: "2026-01-01T00:00:00.000Z",
  });
}

function ids(list) {
  return list.map(({ clientMessageId }) => clientMessageId);
}

test("within a chat messages leave one after another, chats do not wait for each other", () => {
  const outbox = new Outbox();
  write(outbox, "a1", "a");
  write(outbox, "a2", "a");
  write(outbox, "b1", "b");
  assert.deepEqual(ids(outbox.take()), ["a1", "b1"]);
  assert.deepEqual(ids(outbox.take()), []);
  assert.equal(outbox.acknowledge("a1"), true);
  assert.deepEqual(ids(outbox.take()), ["a2"]);
  assert.deepEqual(ids(outbox.list("b")), ["b1"]);
});

test("a message whose answer was lost leaves again under the same id, however often", () => {
  const outbox = new Outbox();
  write(outbox, "m");
  for (let loss = 0; loss < 20; loss += 1) {
    assert.deepEqual(ids(outbox.take()), ["m"]);
    outbox.lose("m");
  }
  assert.equal(outbox.get("m").state, "waiting");
  outbox.take();
  assert.equal(outbox.refuse("m", new Problem({ status: 503 })), true, "losses are no refusals");
});

test("an acknowledgement that comes twice, or after a loss, takes the message out once", () => {
  const outbox = new Outbox();
  write(outbox, "m");
  outbox.take();
  outbox.lose("m");
  assert.equal(outbox.acknowledge("m"), true);
  assert.equal(outbox.acknowledge("m"), false);
  outbox.lose("m");
  assert.deepEqual(outbox.list(), []);
});

test("a refused message fails and lets the next one leave", () => {
  const outbox = new Outbox();
  write(outbox, "m1");
  write(outbox, "m2");
  outbox.take();
  assert.equal(outbox.refuse("m1", new Problem({ status: 404, code: "chat_not_found" })), false);
  assert.equal(outbox.get("m1").state, "failed");
  assert.equal(outbox.get("m1").error.code, "chat_not_found");
  assert.deepEqual(ids(outbox.take()), ["m2"]);
});

test("a temporary refusal is tried 5 times, then a person decides", () => {
  const outbox = new Outbox();
  write(outbox, "m");
  const busy = new Problem({ status: 503, code: "unavailable" });
  const outcomes = Array.from({ length: 5 }, () => {
    outbox.take();
    return outbox.refuse("m", busy);
  });
  assert.deepEqual(outcomes, [true, true, true, true, false]);
  assert.deepEqual(outbox.take(), []);
  outbox.retry("m");
  assert.deepEqual(ids(outbox.take()), ["m"]);
  assert.equal(outbox.get("m").error, undefined);
});

test("a message sent again goes last, and only a failed one can be given up", () => {
  const outbox = new Outbox();
  write(outbox, "m1");
  write(outbox, "m2");
  assert.equal(outbox.discard("m1"), undefined);
  outbox.take();
  outbox.refuse("m1", new Problem({ status: 404, code: "chat_not_found" }));
  outbox.retry("m1");
  assert.deepEqual(ids(outbox.list()), ["m2", "m1"]);
  outbox.take();
  outbox.refuse("m2", new Problem({ status: 400, code: "invalid_request" }));
  assert.equal(outbox.discard("m2").text, "words of m2");
  assert.deepEqual(ids(outbox.list()), ["m1"]);
});

test("what was on its way before a reload is sent again after it, what had failed stays failed", () => {
  const outbox = new Outbox();
  write(outbox, "gone", "a");
  write(outbox, "refused", "b");
  outbox.take();
  outbox.refuse("refused", new Problem({ status: 403, code: "forbidden" }));
  const restored = new Outbox(JSON.parse(JSON.stringify(outbox)));
  assert.deepEqual(ids(restored.take()), ["gone"]);
  assert.equal(restored.get("refused").state, "failed");
});
