import assert from "node:assert/strict";
import { test } from "node:test";

import { entriesOf } from "../../../web/entries.js";

let seq;

function message(fields) {
  seq += 1;
  const sent = {
    chatId: "c",
    seq,
    messageId: `m${seq}`,
    senderId: "bob",
    text: "hi",
    sentAt: "",
    reactions: {},
  };
  return { type: "message.created", chatId: "c", seq, at: "", message: { ...sent, ...fields } };
}

function change(type, fields) {
  seq += 1;
  return { type, chatId: "c", seq, at: "", byId: "ann", ...fields };
}

/** A client that holds these events, in a chat of ann, bob and eve. */
function client(events, { pending = [], readers = () => [] } = {}) {
  const messages = new Map(events.map(({ message: each }) => [each?.messageId, each]));
  return {
    userId: "ann",
    log: () => ({ events, message: (messageId) => messages.get(messageId) }),
    pending: () => pending,
    readersOf: readers,
    chats: { get: () => ({ memberIds: ["ann", "bob", "eve"] }) },
    people: { get: (userId) => ({ userId, displayName: userId }) },
  };
}

function entries(events, options) {
  return entriesOf(client(events, options), "c");
}

function begin() {
  seq = 0;
}

test("who came and went is told in words, and by whom", () => {
  begin();
  const events = [
    change("member.added", { memberIds: ["bob", "eve"], admins: ["ann"] }),
    change("chat.updated", { name: "Trip", admins: ["ann"] }),
    change("chat.updated", { name: "Trip", admins: ["ann", "bob"] }),
    change("chat.updated", { name: "Trip", admins: ["ann", "bob"], historyForNewMembers: false }),
    change("chat.updated", {
      name: "Voyage",
      admins: ["ann", "bob"],
      historyForNewMembers: false,
      byId: "bob",
    }),
    change("member.removed", { memberIds: ["eve"], admins: ["ann", "bob"], byId: "bob" }),
    change("member.removed", { memberIds: ["bob"], admins: ["ann"], byId: "bob" }),
    change("reaction.added", { emoji: "👍", userId: "bob" }),
  ];
  assert.deepEqual(
    entries(events).map(({ kind, text }) => `${kind}: ${text}`),
    [
      "system: You added bob and eve",
      "system: You named the group “Trip”",
      "system: You made bob an admin",
      "system: You changed the group’s settings",
      "system: bob named the group “Voyage”",
      "system: bob removed eve",
      "system: bob left",
    ],
  );
});

test("a message counts as read once everyone else has read it", () => {
  begin();
  const own = message({ senderId: "ann" });
  const state = (readers) => entries([own], { readers: () => readers })[0].state;
  assert.equal(state([]), "sent");
  assert.equal(state(["bob"]), "sent");
  assert.equal(state(["bob", "eve"]), "read");
});

test("a pending message gives its place to the stored one, also when another person chose the same id", () => {
  begin();
  const pending = [{ clientMessageId: "x", chatId: "c", text: "mine", writtenAt: "", state: "sending" }];
  const foreign = message({ clientMessageId: "x" });
  assert.deepEqual(
    entries([foreign], { pending }).map(({ id, state }) => [id, state]),
    [
      ["m1", "sent"],
      ["x", "sending"],
    ],
  );
  const own = message({ senderId: "ann", clientMessageId: "x" });
  assert.deepEqual(
    entries([own], { pending }).map(({ id, state }) => [id, state]),
    [["x", "sent"]],
  );
});

test("a deleted message keeps its place, an edited one says so", () => {
  begin();
  const events = [
    message({ text: undefined, deletedAt: "2026-01-01T00:00:00.000Z" }),
    message({ editedAt: "2026-01-01T00:00:00.000Z" }),
  ];
  assert.deepEqual(
    entries(events).map(({ text, isDeleted, isEdited }) => [text, isDeleted, isEdited]),
    [
      ["", true, false],
      ["hi", false, true],
    ],
  );
});

test("a call stands where it was held, between what was said", () => {
  begin();
  const call = { callId: "k", kind: "audio" };
  const events = [message({}), change("call.logged", { call }), message({})];
  assert.deepEqual(
    entries(events).map(({ kind, call: held }) => [kind, held]),
    [
      ["message", undefined],
      ["call", call],
      ["message", undefined],
    ],
  );
});
