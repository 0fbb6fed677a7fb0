/** The rules that every client library follows, by the examples they share. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { reconnectDelay, renewalDelay } from "../backoff.js";
import { ChatLog, placeToBegin } from "../chat_log.js";
import { Chats } from "../chats.js";
import { Outbox } from "../outbox.js";

const FOLDER = new URL("../../vectors/", import.meta.url);

function examples(name) {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
}

test("the log of a chat", async (context) => {
  for (const { name, after, steps } of examples("log").cases) {
    await context.test(name, () => {
      const log = new ChatLog();
      log.begin(after);
      for (const step of steps) {
        const added = takeStep(log, step);
        const { expect } = step;
        const actual = {
          added,
          held: log.events.map(({ seq }) => seq),
          contiguous: log.contiguousSeq,
          gaps: gapsOf(log),
          due: log.dueAt === undefined ? null : log.dueAt / 1000,
        };
        for (const [fact, value] of Object.entries(expect)) assert.deepEqual(actual[fact], value, fact);
      }
    });
  }
});

test("where a log begins", async (context) => {
  for (const { name, after, heard, isOld, ...chat } of examples("begin").cases) {
    const events = heard.map((seq) => ({ seq }));
    await context.test(name, () => assert.equal(placeToBegin(chat, isOld, events), after));
  }
});

/** What may be missing, as first and last numbers. */
function gapsOf(log) {
  const gaps = [];
  let low = log.contiguousSeq;
  const ahead = log.events.map(({ seq }) => seq).filter((seq) => seq > low);
  for (const seq of [...ahead, log.highestSeq + 1]) {
    if (seq > low + 1) gaps.push([low + 1, seq - 1]);
    low = seq;
  }
  assert.equal(log.hasGap, gaps.length > 0);
  return gaps;
}

function takeStep(log, step) {
  const now = step.at * 1000;
  if (step.push) return seqs(log.insert(step.push.map(event), now));
  if (step.reference) return seqs(log.insert([{ ...event(step.reference), truncated: true }], now));
  if (step.trim !== undefined) return log.trim(step.trim);
  if (step.lastSeq) return log.hearOf(step.lastSeq, now);
  const { after, askedAt, events, ...page } = step.read;
  const read = { ...page, events: events.map(event), after, askedAt: askedAt * 1000 };
  return seqs(log.read(read, now));
}

function event(seq) {
  return { type: "chat.updated", chatId: "c", seq };
}

function seqs(events) {
  return events.map(({ seq }) => seq);
}

test("what events come to", async (context) => {
  for (const { name, chat, events, messages, members, admins, title } of examples("view").cases) {
    for (const order of [events, [...events].reverse()]) {
      await context.test(name, () => {
        const log = new ChatLog();
        log.begin(0);
        for (const each of order) log.insert([{ ...each, chatId: "c" }], 0);
        assert.deepEqual(log.messages, messages);
        if (!chat) return;
        const chats = new Chats("ann");
        chats.put(chat);
        for (const each of order) chats.note({ ...each, chatId: "c" });
        const now = chats.get("c");
        assert.deepEqual([now.memberIds.toSorted(), now.admins, now.name], [members, admins, title]);
      });
    }
  }
});

test("the outbox", async (context) => {
  for (const { name, steps } of examples("outbox").cases) {
    await context.test(name, () => {
      let outbox = new Outbox();
      const acts = {
        write: ({ id, chat }) => outbox.add({ clientMessageId: id, chatId: chat, text: "", writtenAt: "" }),
        take: () => outbox.take().map(({ clientMessageId }) => clientMessageId),
        acknowledge: ({ id }) => outbox.acknowledge(id),
        lose: ({ id }) => outbox.lose(id),
        refuse: ({ id, temporary }) => outbox.refuse(id, { isTemporary: temporary }),
        retry: ({ id }) => outbox.retry(id),
        discard: ({ id }) => outbox.discard(id) !== undefined,
        states: () => Object.fromEntries(outbox.list().map((each) => [each.clientMessageId, each.state])),
        restart: () => void (outbox = new Outbox(JSON.parse(JSON.stringify(outbox)))),
      };
      for (const step of steps) {
        const answer = acts[step.do](step);
        if ("expect" in step) assert.deepEqual(answer, step.expect, JSON.stringify(step));
      }
    });
  }
});

test("the pauses", () => {
  const { reconnect, renewal } = examples("backoff");
  for (const { attempt, random, seconds } of reconnect)
    assert.equal(
      reconnectDelay(attempt, () => random),
      seconds * 1000,
    );
  for (const { remaining, random, seconds } of renewal)
    assert.equal(
      renewalDelay(remaining * 1000, () => random),
      seconds * 1000,
    );
});
