import assert from "node:assert/strict";
import { test } from "node:test";

import { Chats } from "../chats.js";

function chat(chatId, seq, extra = {}) {
  return {
    chatId,
    kind: "direct",
    memberIds: ["ann", "bob"],
    createdAt: "2026-01-01T00:00:00.000Z",
    lastSeq: seq,
    ...(seq > 0 && { lastMessage: message(chatId, seq) }),
    ...extra,
  };
}

function message(chatId, seq, senderId = "bob") {
  return {
    chatId,
    seq,
    messageId: `${chatId}${seq}`,
    senderId,
    text: "hello",
    sentAt: new Date(Date.UTC(2026, 0, 2) + seq * 1000).toISOString(),
  };
}

function created(message) {
  return { type: "message.created", chatId: message.chatId, seq: message.seq, at: message.sentAt, message };
}

test("the chat with the latest message comes first, a silent one by its making", () => {
  const chats = new Chats("ann");
  chats.put(chat("silent", 0, { unreadCount: 0 }));
  chats.put(chat("early", 1, { unreadCount: 0 }));
  chats.put(chat("late", 9, { unreadCount: 0 }));
  assert.deepEqual(
    chats.list().map(({ chatId }) => chatId),
    ["late", "early", "silent"],
  );
  chats.note(created(message("early", 10)));
  assert.equal(chats.list()[0].chatId, "early");
});

test("a message of someone else is unread until the chat is read or answered", () => {
  const chats = new Chats("ann");
  chats.put(chat("c", 1, { unreadCount: 0, readSeq: 1 }));
  chats.note(created(message("c", 2)));
  chats.note(created(message("c", 2)));
  assert.equal(chats.unreadTotal, 1);
  assert.equal(chats.markRead("c"), 2);
  assert.equal(chats.markRead("c"), undefined);
  assert.equal(chats.unreadTotal, 0);
  chats.note(created(message("c", 3)));
  chats.note(created(message("c", 4, "ann")));
  assert.equal(chats.unreadTotal, 0);
});

test("a message overtaken by the next is unread all the same, and once", () => {
  const chats = new Chats("ann");
  chats.put(chat("c", 1, { unreadCount: 1, readSeq: 0 }));
  for (const seq of [3, 2, 3, 2]) chats.note(created(message("c", seq)));
  assert.equal(chats.unreadTotal, 3);
  assert.equal(chats.get("c").lastMessage.seq, 3);
  chats.put(chat("c", 3, { unreadCount: 3, readSeq: 0 }));
  for (const seq of [3, 2, 1]) chats.note(created(message("c", seq)));
  assert.equal(chats.unreadTotal, 3);
});

test("one's own message leaves unread what comes after it alone", () => {
  const chats = new Chats("ann");
  chats.put(chat("c", 1, { unreadCount: 1, readSeq: 0 }));
  chats.note(created(message("c", 4)));
  chats.note(created(message("c", 3, "ann")));
  chats.note(created(message("c", 2)));
  assert.equal(chats.unreadTotal, 1);
});

test("a list overtaken by a message still counts the ones before it", () => {
  const chats = new Chats("ann");
  chats.put(chat("c", 0, { unreadCount: 0, readSeq: 0 }));
  chats.note(created(message("c", 2)));
  assert.equal(chats.unreadTotal, 1);
  chats.put(chat("c", 1, { unreadCount: 1, readSeq: 0 }));
  assert.equal(chats.unreadTotal, 2);
  assert.equal(chats.get("c").lastMessage.seq, 2);
});

test("a chat told without its count leaves the count as it is", () => {
  const chats = new Chats("ann");
  chats.put(chat("c", 1, { unreadCount: 1, readSeq: 0 }));
  chats.put(chat("c", 2));
  assert.equal(chats.unreadTotal, 1);
  chats.note(created(message("c", 2)));
  assert.equal(chats.unreadTotal, 2);
});

test("a list made before the chat was read here does not make it unread again", () => {
  const chats = new Chats("ann");
  chats.put(chat("c", 5, { unreadCount: 3, readSeq: 2 }));
  chats.markRead("c");
  chats.put(chat("c", 5, { unreadCount: 3, readSeq: 2 }));
  assert.equal(chats.get("c").unreadCount, 0);
  chats.put(chat("c", 6, { unreadCount: 4, readSeq: 2 }));
  assert.equal(chats.get("c").unreadCount, 1);
});

test("what was read here survives a reload", () => {
  const chats = new Chats("ann");
  chats.put(chat("c", 5, { unreadCount: 3, readSeq: 0 }));
  chats.markRead("c");
  const restored = new Chats("ann", JSON.parse(JSON.stringify(chats.readSeqs)));
  restored.put(chat("c", 5, { unreadCount: 3, readSeq: 0 }));
  assert.equal(restored.get("c").unreadCount, 0);
});

test("a list older than a pushed message does not take the message back", () => {
  const chats = new Chats("ann");
  chats.put(chat("c", 1, { unreadCount: 0 }));
  chats.note(created(message("c", 2)));
  chats.put(chat("c", 1, { unreadCount: 0 }));
  assert.equal(chats.get("c").lastMessage.seq, 2);
  assert.equal(chats.get("c").unreadCount, 1);
});

test("the order in which members came and went is that of the log, not of the arrival", () => {
  const changes = [
    { type: "member.added", chatId: "c", seq: 2, memberIds: ["eve"], admins: ["ann"] },
    { type: "member.removed", chatId: "c", seq: 3, memberIds: ["eve"], admins: ["ann"] },
    { type: "chat.updated", chatId: "c", seq: 4, name: "one", admins: ["ann", "bob"] },
    { type: "chat.updated", chatId: "c", seq: 5, name: "two", admins: ["ann"] },
    { type: "member.added", chatId: "c", seq: 6, memberIds: ["joe"], admins: ["ann"] },
  ];
  for (const order of [
    [0, 1, 2, 3, 4],
    [4, 3, 2, 1, 0],
    [3, 0, 4, 4, 1, 2, 0],
  ]) {
    const chats = new Chats("ann");
    chats.put(chat("c", 1, { unreadCount: 0 }));
    for (const index of order) chats.note(changes[index]);
    chats.put(chat("c", 1, { unreadCount: 0 }));
    const { memberIds, name, admins } = chats.get("c");
    assert.deepEqual([memberIds, name, admins], [["ann", "bob", "joe"], "two", ["ann"]]);
  }
});

test("a change the server has told of already changes nothing twice", () => {
  const chats = new Chats("ann");
  chats.put(chat("c", 7, { memberIds: ["ann", "bob"], unreadCount: 0 }));
  chats.note({ type: "member.added", chatId: "c", seq: 3, memberIds: ["eve"], admins: [] });
  assert.deepEqual(chats.get("c").memberIds, ["ann", "bob"]);
});

test("a chat told before its newest message was stored takes nothing back", () => {
  const chats = new Chats("ann");
  chats.put(chat("c", 2, { unreadCount: 2, readSeq: 0 }));
  chats.note(created(message("c", 3)));
  assert.equal(chats.unreadTotal, 3);
  chats.put(chat("c", 3, { lastMessage: message("c", 2), unreadCount: 2, readSeq: 0 }));
  assert.equal(chats.get("c").lastMessage.seq, 3);
  assert.equal(chats.unreadTotal, 3);
  chats.put(chat("c", 3, { lastMessage: undefined }));
  assert.equal(chats.get("c").lastMessage.seq, 3);
});
