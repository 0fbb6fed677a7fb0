import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Client } from "../client.js";
import { FakeServer } from "../fake/server.js";
import { Session } from "../session.js";
import { FleetingStorage, Shelf } from "../shelf.js";

let server;
let client;
let passing;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  server = new FakeServer();
  passing = new FleetingStorage();
  client = newClient();
});

afterEach(() => {
  client.stop();
  mock.timers.reset();
});

function newClient() {
  const session = new Session(new Shelf(new FleetingStorage(), "session"));
  session.keep({ userId: "ann", accessToken: "a", refreshToken: "r", expiresIn: 1e9 }, Date.now());
  return new Client({
    url: "http://server",
    session,
    passing,
    fetch: server.fetch,
    WebSocket: server.WebSocket,
  });
}

async function settle() {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
}

async function pass(milliseconds) {
  mock.timers.tick(milliseconds);
  await settle();
}

async function open() {
  client.start();
  await settle();
  await client.openChat("chat");
}

function held() {
  return client.log("chat").messages.map(({ text }) => text);
}

function stored() {
  return server.messages.map(({ text }) => text);
}

test("a message whose reply is lost with its socket is stored and held once", async () => {
  await open();
  server.losesNextReply = true;
  client.send("chat", "once");
  await settle();
  assert.deepEqual(stored(), ["once"]);
  assert.equal(client.pending("chat").length, 1);
  await pass(1_000);
  assert.equal(client.socket.state, "online");
  assert.deepEqual(stored(), ["once"]);
  assert.deepEqual(held(), ["once"]);
  assert.deepEqual(client.pending("chat"), []);
});

test("messages written while away are sent in their order after the return", async () => {
  await open();
  server.fault = new TypeError("no network");
  server.open[0].break();
  await settle();
  for (const text of ["one", "two", "three"]) client.send("chat", text);
  await pass(1_000);
  assert.deepEqual(
    client.pending("chat").map(({ state }) => state),
    ["waiting", "waiting", "waiting"],
  );
  server.fault = undefined;
  await pass(30_000);
  assert.deepEqual(stored(), ["one", "two", "three"]);
  assert.deepEqual(held(), ["one", "two", "three"]);
});

test("what others wrote meanwhile is read after the return, however much it is", async () => {
  server.store({ senderId: "bob", text: "0" });
  await open();
  assert.deepEqual(held(), ["0"]);
  server.open[0].break();
  for (let number = 1; number <= 250; number += 1) server.store({ senderId: "bob", text: String(number) });
  await settle();
  await pass(1_000);
  assert.deepEqual(held(), stored());
  assert.equal(held().length, 251);
});

test("a push that was lost is read as soon as the next one shows the gap", async () => {
  await open();
  server.store({ senderId: "bob", text: "one" });
  server.store({ senderId: "bob", text: "lost" }, { isPushed: false });
  server.store({ senderId: "bob", text: "three" });
  await settle();
  assert.deepEqual(held(), ["one", "three"]);
  await pass(1_000);
  assert.deepEqual(held(), ["one", "lost", "three"]);
});

test("a number that was never used is looked for again once it is final, and then no more", async () => {
  const clock = mock.method(Date, "now");
  await open();
  server.store({ senderId: "bob", text: "one" });
  server.seq += 1;
  server.store({ senderId: "bob", text: "three" });
  await settle();
  await pass(1_000);
  assert.equal(client.log("chat").hasGap, true);
  clock.mock.mockImplementation(() => performance.timeOrigin + performance.now() + 36_000);
  await pass(35_000);
  assert.equal(client.log("chat").hasGap, false);
  const reads = server.historyReads;
  await pass(120_000);
  assert.equal(server.historyReads, reads);
  clock.mock.restore();
});

test("a push that comes twice is held once and told once", async () => {
  await open();
  const told = [];
  client.on("message", (message) => told.push(message.text));
  const message = server.store({ senderId: "bob", text: "hello" });
  server.open[0].deliver({ type: "message.created", chatId: "chat", seq: message.seq, message });
  await settle();
  assert.deepEqual(held(), ["hello"]);
  assert.deepEqual(told, ["hello"]);
});

test("what was pending at a reload is sent by the next page", async () => {
  await open();
  server.fault = new TypeError("no network");
  server.open[0].break();
  await settle();
  client.send("chat", "kept");
  client.stop();
  server.fault = undefined;
  client = newClient();
  await open();
  await settle();
  assert.deepEqual(stored(), ["kept"]);
  assert.deepEqual(held(), ["kept"]);
});

test("a message too long for a frame goes by REST", async () => {
  await open();
  client.send("chat", "😀".repeat(8_000));
  await settle();
  assert.equal(
    server.open[0].sent.some(({ action }) => action === "sendMessage"),
    false,
  );
});
