import assert from "node:assert/strict";
import { test } from "node:test";

import { callName, clockText, durationText, loggedText, mediaText } from "../../../web/call_words.js";

const chats = new Map([
  ["c", { chatId: "c", kind: "group", name: "Trip", memberIds: ["ann", "bob", "eve"] }],
]);
const client = { userId: "ann", chats, people: { get: (userId) => ({ userId, displayName: userId }) } };

function call(states, fields = {}) {
  const participants = Object.entries(states).map(([userId, state]) => ({ userId, state }));
  return { kind: "audio", callerId: participants[0].userId, participants, ...fields };
}

test("a call is called by its chat, or by the others in it", () => {
  assert.equal(callName(client, { chatId: "c", participants: [] }), "Trip");
  const { participants } = call({ bob: "joined", ann: "joined", eve: "joined" });
  assert.equal(callName(client, { chatId: "unknown", participants }), "bob and eve");
  assert.equal(callName(client, {}), "Someone");
});

test("what is written of a call is what it was for the reader", () => {
  assert.equal(loggedText(client, call({ bob: "left", ann: "missed" })), "Missed call from bob");
  assert.equal(
    loggedText(client, call({ bob: "left", ann: "missed" }, { kind: "video" })),
    "Missed video call from bob",
  );
  assert.equal(loggedText(client, call({ ann: "left", bob: "missed" })), "Call without an answer");
  assert.equal(loggedText(client, call({ bob: "left", ann: "rejected" })), "Audio call");
  const answeredAt = "2026-01-01T00:00:00.000Z";
  assert.equal(loggedText(client, call({ ann: "left", bob: "left" }, { answeredAt })), "Audio call");
  assert.equal(
    loggedText(client, call({ bob: "left", eve: "left", ann: "missed" }, { answeredAt })),
    "Missed call from bob",
    "the others have talked without the reader",
  );
});

test("times are as long as they need to be", () => {
  assert.deepEqual([0, 65, 3_599, 3_600, 36_061].map(clockText), [
    "0:00",
    "1:05",
    "59:59",
    "1:00:00",
    "10:01:01",
  ]);
  const duration = (seconds) =>
    durationText({ answeredAt: new Date(0).toISOString(), endedAt: new Date(seconds * 1000).toISOString() });
  assert.deepEqual([4, 61, 3_661].map(duration), ["4 s", "1 min 1 s", "1 h 1 min"]);
  assert.equal(durationText({}), undefined);
});

test("why a device cannot be used is said as a person would, whatever the browser calls it", () => {
  for (const source of ["microphone", "camera", "screen"]) {
    const names = ["NotAllowedError", "NotFoundError", "NotReadableError", "SomethingNew"];
    const texts = names.map((name) => mediaText(source, { name }));
    assert.equal(new Set(texts).size, names.length);
    assert.ok(texts.every((text) => text.endsWith(".") && !text.includes("Error")));
  }
});
