import assert from "node:assert/strict";
import { test } from "node:test";

import { ChatLog, SETTLING_MS } from "../chat_log.js";

const START = Date.parse("2026-01-01T00:00:00.000Z");

/** One message a second. */
function message(seq) {
  return {
    chatId: "chat",
    seq,
    messageId: `m${seq}`,
    senderId: "bob",
    sentAt: new Date(START + seq * 1000).toISOString(),
  };
}

function messages(...seqs) {
  return seqs.map(message);
}

function seqsOf(log) {
  return log.messages.map(({ seq }) => seq);
}

function loaded(...seqs) {
  const log = new ChatLog();
  log.load(messages(...seqs), false, START + seqs.at(-1) * 1000);
  return log;
}

test("whatever the order they come in, messages are held in order and once", () => {
  const log = loaded(1, 2);
  const added = log.insert(messages(5, 3, 2, 5, 4));
  assert.deepEqual(
    added.map(({ seq }) => seq),
    [3, 4, 5],
  );
  assert.deepEqual(seqsOf(log), [1, 2, 3, 4, 5]);
  assert.deepEqual(log.insert(messages(4)), []);
});

test("messages in sequence leave no gap", () => {
  const log = loaded(1, 2);
  log.insert(messages(3));
  assert.equal(log.hasGap, false);
  assert.equal(log.confirmedSeq, 3);
});

test("a missing number is a gap until it comes", () => {
  const log = loaded(1, 2);
  log.insert(messages(4));
  assert.equal(log.hasGap, true);
  assert.equal(log.confirmedSeq, 2, "a resume has to read from before the gap");
  log.insert(messages(3));
  assert.equal(log.hasGap, false);
  assert.equal(log.confirmedSeq, 4);
});

test("a read made too early does not settle a gap, a later one does", () => {
  const log = loaded(1, 2);
  log.insert(messages(4));
  const sentAt = Date.parse(message(4).sentAt);
  log.confirm(sentAt + SETTLING_MS - 1);
  assert.equal(log.hasGap, true);
  log.confirm(sentAt + SETTLING_MS);
  assert.equal(log.hasGap, false);
  assert.equal(log.confirmedSeq, 4);
});

test("of two gaps only the one that is old enough is settled", () => {
  const log = loaded(1);
  log.insert(messages(3, 100));
  log.confirm(Date.parse(message(3).sentAt) + SETTLING_MS);
  assert.equal(log.confirmedSeq, 3);
  assert.equal(log.hasGap, true);
});

test("numbers that were never used do not count as gaps in an old page", () => {
  const log = new ChatLog();
  log.load(messages(11, 14, 15), true, START + 3_600_000);
  assert.equal(log.hasEarlier, true);
  assert.equal(log.hasGap, false);
  assert.equal(log.lowestSeq, 11);
  assert.equal(log.highestSeq, 15);
});

test("a message pushed while the first page is read stays", () => {
  const log = new ChatLog();
  log.insert(messages(9));
  log.load(messages(6, 7, 8), true, START + 8_000);
  assert.deepEqual(seqsOf(log), [6, 7, 8, 9]);
  assert.equal(log.hasGap, false);
});

test("a new newest page does not pretend to follow on messages from long before", () => {
  const log = new ChatLog();
  log.insert(messages(2));
  log.load(messages(90, 91), true, START + 200_000);
  assert.deepEqual(seqsOf(log), [90, 91]);
});

test("an empty chat is loaded, and its first message leaves no gap", () => {
  const log = new ChatLog();
  assert.equal(log.isLoaded, false);
  log.load([], false, START);
  assert.equal(log.isLoaded, true);
  assert.equal(log.highestSeq, 0);
  log.insert(messages(1));
  assert.equal(log.hasGap, false);
});

test("any shuffle of pushes with losses and doubles, then one late read, ends with the server's log", () => {
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let round = 0; round < 200; round += 1) {
    const server = messages(
      ...Array.from({ length: 40 }, (_, index) => index + 1).filter(() => random() > 0.1),
    );
    const log = new ChatLog();
    log.load([], false, START);
    const pushes = server
      .filter(() => random() > 0.3)
      .flatMap((one) => (random() > 0.8 ? [one, one] : [one]));
    pushes.sort(() => random() - 0.5);
    for (const push of pushes) log.insert([push]);
    const readAt = START + 40_000 + SETTLING_MS;
    log.insert(server.filter(({ seq }) => seq > log.confirmedSeq));
    log.confirm(readAt);
    assert.deepEqual(log.messages, server);
    assert.equal(log.hasGap, false);
  }
});
