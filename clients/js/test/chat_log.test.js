import assert from "node:assert/strict";
import { test } from "node:test";

import { ChatLog } from "../chat_log.js";

const SETTLING_MS = 30_000;

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

/** A change of the message `of`: the event, with the message as it is then. */
function changed(seq, of, type, state) {
  const at = new Date(timeOf(seq)).toISOString();
  const message = { ...created(of).message, ...state, changedSeq: seq };
  return { type, chatId: "chat", seq, at, messageId: message.messageId, message };
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

/** A read that finds nothing new. */
function readNothing(log, askedAt) {
  const page = { events: [], hasMore: false, lastSeq: log.highestSeq };
  return log.read({ ...page, after: log.contiguousSeq, askedAt }, askedAt);
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
  assert.equal(log.contiguousSeq, 3);
});

test("a missing number is a gap until it comes", () => {
  const log = loaded(1, 2);
  log.insert(events(4), timeOf(4));
  assert.equal(log.hasGap, true);
  assert.equal(log.contiguousSeq, 2, "a resume has to read from before the gap");
  log.insert(events(3), timeOf(4));
  assert.equal(log.hasGap, false);
  assert.equal(log.contiguousSeq, 4);
});

test("a read begun too early does not settle a gap, a later one does", () => {
  const log = loaded(1, 2);
  log.insert(events(4), timeOf(4));
  readNothing(log, timeOf(4) + SETTLING_MS - 1);
  assert.equal(log.hasGap, true);
  readNothing(log, timeOf(4) + SETTLING_MS);
  assert.equal(log.hasGap, false);
  assert.equal(log.contiguousSeq, 4);
});

test("what counts is when a higher number was seen, were it the highest", () => {
  const log = loaded(1);
  log.insert(events(9), timeOf(9));
  log.insert(events(5), timeOf(9) + SETTLING_MS - 1);
  readNothing(log, timeOf(9) + SETTLING_MS);
  assert.equal(log.contiguousSeq, 9);
});

test("of two gaps only the one that is old enough is settled", () => {
  const log = loaded(1);
  log.insert(events(3), timeOf(3));
  log.insert(events(100), timeOf(100));
  readNothing(log, timeOf(3) + SETTLING_MS);
  assert.equal(log.contiguousSeq, 3);
  assert.equal(log.hasGap, true);
});

test("a number the server has used is waited for like one that was passed over", () => {
  const log = loaded(1, 2);
  log.hearOf(4, timeOf(4));
  assert.equal(log.hasGap, true);
  log.insert(events(3), timeOf(4));
  assert.equal(log.contiguousSeq, 3);
  readNothing(log, timeOf(4) + SETTLING_MS);
  assert.equal(log.contiguousSeq, 4);
  assert.deepEqual(seqsOf(log), [1, 2, 3]);
});

test("a number that comes after its gap was settled still takes its place", () => {
  const log = loaded(1, 3);
  readNothing(log, timeOf(3) + SETTLING_MS);
  assert.deepEqual(
    log.insert(events(2), timeOf(60)).map(({ seq }) => seq),
    [2],
  );
  assert.deepEqual(seqsOf(log), [1, 2, 3]);
  assert.equal(log.contiguousSeq, 3);
});

test("numbers that were never used do not count as gaps in what is old", () => {
  const log = new ChatLog();
  log.insert(events(11, 14, 15), START + 3_600_000);
  log.begin(10);
  readNothing(log, START + 3_600_000);
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

test("the first message of an empty chat leaves no gap", () => {
  const log = new ChatLog();
  log.begin(0);
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
  assert.equal(log.contiguousSeq, 22);
  assert.equal(log.hasEarlier, true);
  log.extend([], 0);
  assert.equal(log.hasEarlier, false);
});

test("changes count by their place in the log, whatever the order they come in", () => {
  const liked = { "👍": ["eve"] };
  const changes = [
    created(1),
    changed(2, 1, "message.edited", { text: "first" }),
    changed(3, 1, "message.edited", { text: "second" }),
    changed(4, 1, "reaction.added", { text: "second", reactions: { "👍": ["ann", "eve"] } }),
    changed(5, 1, "reaction.removed", { text: "second", reactions: liked }),
    created(6),
    changed(7, 6, "message.deleted", { text: undefined, deletedAt: "2026-01-01T00:00:07.000Z" }),
    changed(8, 1, "message.edited", { text: "third", reactions: liked }),
  ];
  const random = dice(3);
  for (let round = 0; round < 200; round += 1) {
    const log = new ChatLog();
    log.begin(0);
    const order = changes.flatMap((change) => (random() > 0.7 ? [change, change] : [change]));
    order.sort(() => random() - 0.5);
    for (const change of order) log.insert([change], timeOf(20));
    const [first, second] = log.messages;
    assert.deepEqual([first.text, first.reactions], ["third", liked]);
    assert.ok(second.deletedAt);
    assert.equal(log.contiguousSeq, 8);
  }
});

test("an old event that tells its message as it was takes nothing back", () => {
  const log = loaded(1);
  const edit = changed(2, 1, "message.edited", { text: "better" });
  log.insert([{ ...created(1), message: edit.message }], timeOf(4));
  assert.equal(log.message("m1").text, "better");
  log.insert([created(1)], timeOf(4));
  assert.equal(log.message("m1").text, "better");
});

test("a reply shows before its event, and the event changes nothing more", () => {
  const log = loaded(1);
  const edit = changed(2, 1, "message.edited", { text: "better" });
  log.amend(edit.message);
  assert.equal(log.message("m1").text, "better");
  log.insert([edit], timeOf(3));
  assert.equal(log.message("m1").text, "better");
  assert.equal(log.hasGap, false);
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
      server.filter(({ seq }) => seq > log.contiguousSeq),
      readAt,
    );
    readNothing(log, readAt + SETTLING_MS);
    assert.deepEqual(log.events, server);
    assert.equal(log.hasGap, false);
  }
});
