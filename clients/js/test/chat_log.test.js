import assert from "node:assert/strict";
import { test } from "node:test";

import { ChatLog, SETTLING_MS } from "../chat_log.js";

const START = Date.parse("2026-01-01T00:00:00.000Z");

function timeOf(seq) {
  return START + seq * 1000;
}

/** One message a second. */
function created(seq) {
  const at = new Date(timeOf(seq)).toISOString();
  const message = {
    chatId: "chat",
    seq,
    messageId: `m${seq}`,
    senderId: "bob",
    sentAt: at,
    text: "",
    reactions: {},
  };
  return { type: "message.created", chatId: "chat", seq, at, message };
}

function edited(seq, of, text) {
  const at = new Date(timeOf(seq)).toISOString();
  const message = { ...created(of).message, text, editedAt: at };
  return { type: "message.edited", chatId: "chat", seq, at, messageId: message.messageId, message };
}

function deleted(seq, of) {
  const at = new Date(timeOf(seq)).toISOString();
  const { text, ...rest } = created(of).message;
  const message = { ...rest, deletedAt: at };
  return { type: "message.deleted", chatId: "chat", seq, at, messageId: message.messageId, message };
}

function reaction(seq, of, emoji, userId, isSet) {
  const type = isSet ? "reaction.added" : "reaction.removed";
  const at = new Date(timeOf(seq)).toISOString();
  return { type, chatId: "chat", seq, at, messageId: `m${of}`, userId, emoji };
}

function events(...seqs) {
  return seqs.map(created);
}

function seqsOf(log) {
  return log.events.map(({ seq }) => seq);
}

function loaded(...seqs) {
  const log = new ChatLog();
  log.insert(events(...seqs), timeOf(seqs.at(-1)));
  log.begin(0);
  return log;
}

/** Give the numbers from `seed` on, the same each time. */
function dice(seed) {
  return () => (seed = (seed * 16807) % 2147483647) / 2147483647;
}

test("whatever the order they come in, events are held in order and once", () => {
  const log = loaded(1, 2);
  const added = log.insert(events(5, 3, 2, 5, 4), timeOf(5));
  assert.deepEqual(
    added.map(({ seq }) => seq),
    [3, 4, 5],
  );
  assert.deepEqual(seqsOf(log), [1, 2, 3, 4, 5]);
  assert.deepEqual(log.insert(events(4), timeOf(5)), []);
});

test("events in sequence leave no gap", () => {
  const log = loaded(1, 2);
  log.insert(events(3), timeOf(3));
  assert.equal(log.hasGap, false);
  assert.equal(log.confirmedSeq, 3);
});

test("a missing number is a gap until it comes", () => {
  const log = loaded(1, 2);
  log.insert(events(4), timeOf(4));
  assert.equal(log.hasGap, true);
  assert.equal(log.confirmedSeq, 2, "a resume has to read from before the gap");
  log.insert(events(3), timeOf(4));
  assert.equal(log.hasGap, false);
  assert.equal(log.confirmedSeq, 4);
});

test("a read begun too early does not settle a gap, a later one does", () => {
  const log = loaded(1, 2);
  log.insert(events(4), timeOf(4));
  log.confirm(timeOf(4) + SETTLING_MS - 1);
  assert.equal(log.hasGap, true);
  log.confirm(timeOf(4) + SETTLING_MS);
  assert.equal(log.hasGap, false);
  assert.equal(log.confirmedSeq, 4);
});

test("what counts is when a higher number was seen, were it the highest", () => {
  const log = loaded(1);
  log.insert(events(9), timeOf(9));
  log.insert(events(5), timeOf(9) + SETTLING_MS - 1);
  log.confirm(timeOf(9) + SETTLING_MS);
  assert.equal(log.confirmedSeq, 9);
});

test("of two gaps only the one that is old enough is settled", () => {
  const log = loaded(1);
  log.insert(events(3), timeOf(3));
  log.insert(events(100), timeOf(100));
  log.confirm(timeOf(3) + SETTLING_MS);
  assert.equal(log.confirmedSeq, 3);
  assert.equal(log.hasGap, true);
});

test("a number the server has used is waited for like one that was passed over", () => {
  const log = loaded(1, 2);
  log.expect(4, timeOf(4));
  assert.equal(log.hasGap, true);
  log.insert(events(3), timeOf(4));
  assert.equal(log.confirmedSeq, 3);
  log.confirm(timeOf(4) + SETTLING_MS);
  assert.equal(log.confirmedSeq, 4);
  assert.deepEqual(seqsOf(log), [1, 2, 3]);
});

test("a number that comes after its gap was settled still takes its place", () => {
  const log = loaded(1, 3);
  log.confirm(timeOf(3) + SETTLING_MS);
  assert.deepEqual(
    log.insert(events(2), timeOf(60)).map(({ seq }) => seq),
    [2],
  );
  assert.deepEqual(seqsOf(log), [1, 2, 3]);
  assert.equal(log.confirmedSeq, 3);
});

test("numbers that were never used do not count as gaps in what is old", () => {
  const log = new ChatLog();
  log.insert(events(11, 14, 15), START + 3_600_000);
  log.begin(10);
  log.confirm(START + 3_600_000);
  assert.equal(log.hasEarlier, true);
  assert.equal(log.hasGap, false);
  assert.equal(log.highestSeq, 15);
});

test("what was pushed while the first page is read stays, what is from long before does not", () => {
  const log = new ChatLog();
  log.insert(events(2), timeOf(2));
  log.insert(events(9), timeOf(9));
  log.insert(events(6, 7, 8), timeOf(9));
  log.begin(5);
  assert.deepEqual(seqsOf(log), [6, 7, 8, 9]);
  assert.equal(log.hasGap, false);
});

test("an empty chat is loaded, and its first message leaves no gap", () => {
  const log = new ChatLog();
  assert.equal(log.isLoaded, false);
  log.begin(0);
  assert.equal(log.isLoaded, true);
  assert.equal(log.highestSeq, 0);
  log.insert(events(1), timeOf(1));
  assert.equal(log.hasGap, false);
});

test("an earlier part goes below what is held, and the beginning is known at last", () => {
  const log = new ChatLog();
  log.insert(events(21, 22), timeOf(22));
  log.begin(20);
  log.extend(events(11, 15, 20), 10);
  assert.deepEqual(seqsOf(log), [11, 15, 20, 21, 22]);
  assert.equal(log.confirmedSeq, 22);
  assert.equal(log.hasEarlier, true);
  log.extend([], 0);
  assert.equal(log.hasEarlier, false);
});

test("changes count by their place in the log, whatever the order they come in", () => {
  const changes = [
    created(1),
    edited(2, 1, "first"),
    edited(3, 1, "second"),
    reaction(4, 1, "👍", "ann", true),
    reaction(5, 1, "👍", "ann", false),
    reaction(6, 1, "👍", "eve", true),
    reaction(7, 1, "🎉", "ann", true),
    created(8),
    reaction(9, 8, "👍", "ann", true),
    deleted(10, 8),
    edited(11, 1, "third"),
  ];
  const random = dice(3);
  for (let round = 0; round < 200; round += 1) {
    const log = new ChatLog();
    log.begin(0);
    const order = changes.flatMap((change) => (random() > 0.7 ? [change, change] : [change]));
    order.sort(() => random() - 0.5);
    for (const change of order) log.insert([change], timeOf(20));
    const [first, second] = log.messages;
    assert.equal(first.text, "third");
    assert.deepEqual(first.reactions, { "👍": ["eve"], "🎉": ["ann"] });
    assert.equal(second.text, undefined);
    assert.ok(second.deletedAt);
    assert.deepEqual(second.reactions, {});
    assert.equal(log.confirmedSeq, 11);
  }
});

test("an old event that tells its message as it is now takes nothing back", () => {
  const log = loaded(1);
  log.insert([edited(2, 1, "first"), edited(3, 1, "second")], timeOf(3));
  log.insert([{ ...created(1), message: edited(3, 1, "second").message }], timeOf(4));
  assert.equal(log.message("m1").text, "second");
  log.insert([created(1)], timeOf(4));
  assert.equal(log.message("m1").text, "second");
});

test("a reply shows before its event, and the event changes nothing more", () => {
  const log = loaded(1);
  log.amend(edited(2, 1, "better").message);
  log.amendReaction("m1", "👍", "ann", true);
  assert.equal(log.message("m1").text, "better");
  assert.deepEqual(log.message("m1").reactions, { "👍": ["ann"] });
  log.insert([edited(2, 1, "better"), reaction(3, 1, "👍", "ann", true)], timeOf(3));
  assert.equal(log.message("m1").text, "better");
  assert.deepEqual(log.message("m1").reactions, { "👍": ["ann"] });
});

test("any shuffle of pushes with losses and doubles, then one late read, ends with the server's log", () => {
  const random = dice(7);
  for (let round = 0; round < 200; round += 1) {
    const numbers = Array.from({ length: 40 }, (_, index) => index + 1);
    const server = events(...numbers.filter(() => random() > 0.1));
    const log = new ChatLog();
    log.begin(0);
    const pushes = server
      .filter(() => random() > 0.3)
      .flatMap((one) => (random() > 0.8 ? [one, one] : [one]));
    pushes.sort(() => random() - 0.5);
    for (const push of pushes) log.insert([push], timeOf(40));
    const readAt = timeOf(40) + SETTLING_MS;
    log.insert(
      server.filter(({ seq }) => seq > log.confirmedSeq),
      readAt,
    );
    log.confirm(readAt + SETTLING_MS);
    assert.deepEqual(log.events, server);
    assert.equal(log.hasGap, false);
  }
});
