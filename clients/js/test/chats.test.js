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

function message(chatId, seq) {
  return {
    chatId,
    seq,
    messageId: `${chatId}${seq}`,
    senderId: "bob",
    text: "hello",
    sentAt: new Date(Date.UTC(2026, 0, 2) + seq * 1000).toISOString(),
  };
}

test("the chat with the latest message comes first, a silent one by its making", () => {
  const chats = new Chats();
  chats.put(chat("silent", 0, { unreadCount: 0 }));
  chats.put(chat("early", 1, { unreadCount: 0 }));
  chats.put(chat("late", 9, { unreadCount: 0 }));
  assert.deepEqual(
    chats.list().map(({ chatId }) => chatId),
    ["late", "early", "silent"],
  );
  chats.note(message("early", 10), false);
  assert.equal(chats.list()[0].chatId, "early");
});

test("a message of someone else is unread until the chat is read, one's own never is", () => {
  const chats = new Chats();
  chats.put(chat("c", 1, { unreadCount: 0, readSeq: 1 }));
  chats.note(message("c", 2), false);
  chats.note(message("c", 2), false);
  chats.note(message("c", 3), true);
  assert.equal(chats.unreadTotal, 1);
  assert.equal(chats.markRead("c"), true);
  assert.equal(chats.markRead("c"), false);
  assert.equal(chats.unreadTotal, 0);
});

test("a list made before the chat was read here does not make it unread again", () => {
  const chats = new Chats();
  chats.put(chat("c", 5, { unreadCount: 3, readSeq: 2 }));
  chats.markRead("c");
  chats.put(chat("c", 5, { unreadCount: 3, readSeq: 2 }));
  assert.equal(chats.get("c").unreadCount, 0);
  chats.put(chat("c", 6, { unreadCount: 4, readSeq: 2 }));
  assert.equal(chats.get("c").unreadCount, 1);
});

test("what was read here survives a reload", () => {
  const chats = new Chats();
  chats.put(chat("c", 5, { unreadCount: 3, readSeq: 0 }));
  chats.markRead("c");
  const restored = new Chats(JSON.parse(JSON.stringify(chats.readSeqs)));
  restored.put(chat("c", 5, { unreadCount: 3, readSeq: 0 }));
  assert.equal(restored.get("c").unreadCount, 0);
});

test("a list older than a pushed message does not take the message back", () => {
  const chats = new Chats();
  chats.put(chat("c", 1, { unreadCount: 0 }));
  chats.note(message("c", 2), false);
  chats.put(chat("c", 1, { unreadCount: 0 }));
  assert.equal(chats.get("c").lastMessage.seq, 2);
  assert.equal(chats.get("c").unreadCount, 1);
});
