import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { Client } from "../../../clients/js/client.js";
import { FakeServer } from "../../../clients/js/fake/server.js";
import { Session } from "../../../clients/js/session.js";
import { FleetingStorage, Shelf } from "../../../clients/js/shelf.js";
import { knownBy, restore } from "../../../web/known.js";

let server;
let client;

beforeEach(() => {
  server = new FakeServer();
  client = newClient();
});

afterEach(() => client.stop());

function newClient() {
  const session = new Session(new Shelf(new FleetingStorage(), "session"));
  session.keep({ userId: "ann", accessToken: "a", refreshToken: "r", expiresIn: 1e9 }, Date.now());
  return new Client({ url: "http://server", session, fetch: server.fetch, WebSocket: server.WebSocket });
}

async function settle() {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
}

async function open() {
  client.start();
  await settle();
  await client.openChat("chat");
  await settle();
}

function held() {
  return client.log("chat").messages.map(({ text }) => text);
}

function stored() {
  return server.messages.map(({ text }) => text);
}

test("what was known another time is there at once, and is caught up with", async () => {
  server.store({ senderId: "bob", text: "known" }, { isPushed: false });
  await open();
  // As it is kept: plain data.
  const known = JSON.parse(JSON.stringify(knownBy(client)));
  client.stop();
  server.edit("m1", "known, in other words", { isPushed: false });
  server.store({ senderId: "bob", text: "missed" }, { isPushed: false });

  client = newClient();
  restore(client, known);
  assert.deepEqual(held(), ["known"]);
  assert.deepEqual(
    client.chats.list().map(({ chatId }) => chatId),
    ["chat"],
  );
  server.fault = new TypeError("no line");
  await client.openChat("chat");
  await settle();
  assert.deepEqual(held(), ["known"]);

  server.fault = undefined;
  await open();
  assert.deepEqual(held(), stored());
  assert.equal(server.logReads, 2);
});

test("of a long log only its end is kept, and what is before it is read as ever", async () => {
  for (let number = 0; number < 200; number += 1)
    server.store({ senderId: "bob", text: `${number}` }, { isPushed: false });
  await open();
  while (client.log("chat").hasEarlier) await client.loadEarlier("chat");
  const known = knownBy(client);
  client.stop();

  client = newClient();
  restore(client, known);
  assert.deepEqual(held(), stored().slice(-60));
  await open();
  while (client.log("chat").hasEarlier) await client.loadEarlier("chat");
  assert.deepEqual(held(), stored());
});

test("a chat that one has left meanwhile is forgotten", async () => {
  const left = { chatId: "left", kind: "group", name: "Left", memberIds: ["ann"], admins: [], lastSeq: 1, unreadCount: 0 };
  restore(client, { chats: [left], people: [], logs: [] });
  assert.equal(client.chats.get("left").name, "Left");
  await open();
  assert.deepEqual(
    client.chats.list().map(({ chatId }) => chatId),
    ["chat"],
  );
});
