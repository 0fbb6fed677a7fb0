import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { ConnectionLost, Problem } from "../errors.js";
import { FakeServer } from "../fake/server.js";
import { Socket } from "../socket.js";

let server;
let socket;
let states;
let pushes;
let isWatched;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  server = new FakeServer();
  states = [];
  pushes = [];
  isWatched = true;
  socket = new Socket({
    requestTicket: async () => (await server.fetch("http://server/tickets", { method: "POST" })).json(),
    WebSocket: server.WebSocket,
    random: () => 0.5,
    isWatched: () => isWatched,
  });
  socket.on("state", (state) => states.push(state));
  socket.on("push", (frame) => pushes.push(frame));
});

/** Let everything happen that needs no time to pass. */
async function settle() {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

async function pass(milliseconds) {
  mock.timers.tick(milliseconds);
  await settle();
}

async function start() {
  socket.start();
  await settle();
}

function actions(index) {
  return server.sockets[index].sent.map(({ action }) => action);
}

test("it opens with a ticket, says hello and is online", async () => {
  await start();
  assert.deepEqual(states, ["connecting", "online"]);
  assert.equal(server.sockets[0].url, "ws://server/socket?ticket=t1");
  assert.deepEqual(actions(0), ["hello"]);
});

test("after a loss it comes back with a new ticket, not before its pause", async () => {
  await start();
  server.open[0].break();
  await settle();
  assert.deepEqual(states, ["connecting", "online", "reconnecting"]);
  await pass(499);
  assert.equal(server.sockets.length, 1);
  await pass(1);
  assert.equal(socket.state, "online");
  assert.equal(server.sockets[1].url, "ws://server/socket?ticket=t2");
});

test("as long as the server is away the pauses grow, and a success makes them short again", async () => {
  server.fault = new TypeError("no network");
  await start();
  for (const pause of [500, 1_000, 2_000, 4_000]) {
    await pass(pause - 1);
    assert.equal(socket.state, "connecting");
    await pass(1);
  }
  server.fault = undefined;
  await pass(8_000);
  assert.equal(socket.state, "online");
  server.open[0].break();
  await settle();
  await pass(500);
  assert.equal(socket.state, "online");
});

test("a line that has died in silence is noticed by the missing pong", async () => {
  await start();
  await pass(25_000);
  assert.deepEqual(actions(0), ["hello", "ping"]);
  await pass(25_000);
  assert.deepEqual(actions(0), ["hello", "ping", "ping"]);
  server.isMute = true;
  await pass(25_000);
  assert.equal(socket.state, "online");
  await pass(10_000);
  assert.equal(socket.state, "reconnecting");
  assert.equal(server.sockets[0].isOpen, false);
});

test("while nobody looks it pings only as often as keeps the line open, and soon again once somebody does", async () => {
  isWatched = false;
  await start();
  await pass(539_999);
  assert.deepEqual(actions(0), ["hello"]);
  await pass(1);
  assert.deepEqual(actions(0), ["hello", "ping"]);
  isWatched = true;
  socket.wake();
  await settle();
  assert.deepEqual(actions(0), ["hello", "ping", "ping"]);
  await pass(25_000);
  assert.deepEqual(actions(0), ["hello", "ping", "ping", "ping"]);
});

test("a renewal keeps the old connection until the new one is greeted", async () => {
  server.lifeSeconds = 400;
  await start();
  const [old] = server.open;
  // With these dice it is due after 290 s: 60 s before the end, less half of a quarter of the life.
  for (let second = 0; second < 289; second += 1) await pass(1_000);
  assert.equal(server.sockets.length, 1);
  server.isMute = true;
  await pass(1_000);
  assert.equal(server.open.length, 2);
  server.store({ senderId: "bob", text: "heard twice" });
  await settle();
  assert.equal(pushes.length, 2);
  server.isMute = false;
  // The greeting was not heard: it is given up after 15 s, and tried again after a pause.
  await pass(15_000);
  assert.deepEqual(server.open, [old]);
  await pass(500);
  assert.equal(server.open.length, 1);
  assert.equal(old.isOpen, false);
  assert.deepEqual(states, ["connecting", "online"], "nobody has noticed");
});

test("a reply on its way at the renewal still arrives on the old connection", async () => {
  server.lifeSeconds = 12;
  await start();
  const [old] = server.open;
  server.isMute = true;
  const pending = socket.request("sendMessage", { chatId: "chat", text: "slow", clientMessageId: "c" });
  await settle();
  server.isMute = false;
  await pass(7_500);
  assert.equal(server.ticketsGiven, 2);
  assert.equal(old.isOpen, true);
  old.reply(old.sent.at(-1), 201, { seq: 7 });
  assert.deepEqual(await pending, { seq: 7 });
  await settle();
  assert.equal(old.isOpen, false);
});

test("a refusal is a Problem, a loss is a ConnectionLost, silence is a temporary Problem", async () => {
  await start();
  await assert.rejects(
    socket.request("dance"),
    (error) => error instanceof Problem && error.status === 400 && error.code === "unknown_action",
  );
  server.isMute = true;
  const silent = assert.rejects(
    socket.request("sendMessage"),
    (error) => error.code === "no_reply" && error.isTemporary,
  );
  await settle();
  await pass(15_000);
  await silent;
  const lost = assert.rejects(socket.request("sendMessage"), ConnectionLost);
  server.open[0].break();
  await lost;
  await assert.rejects(socket.request("sendMessage"), ConnectionLost);
});

test("waking up ends the pause, or probes the line", async () => {
  server.fault = new TypeError("no network");
  await start();
  await pass(500);
  server.fault = undefined;
  socket.wake();
  await settle();
  assert.equal(socket.state, "online");
  socket.wake();
  await settle();
  assert.deepEqual(actions(server.sockets.length - 1), ["hello", "ping"]);
});

test("after a stop nothing more happens", async () => {
  await start();
  socket.stop();
  await pass(600_000);
  assert.equal(server.sockets.length, 1);
  assert.equal(server.open.length, 0);
  assert.deepEqual(states, ["connecting", "online", "stopped"]);
});

test("a stop while it connects leaves no socket behind", async () => {
  socket.start();
  socket.stop();
  await settle();
  assert.equal(server.open.length, 0);
  assert.equal(socket.state, "stopped");
});
