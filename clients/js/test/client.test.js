import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Client } from "../client.js";
import { FakeServer } from "../fake/server.js";
import { Session } from "../session.js";
import { FleetingStorage, Shelf } from "../shelf.js";

let server;
let client;
let lasting;
let passing;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  server = new FakeServer();
  lasting = new FleetingStorage();
  passing = new FleetingStorage();
  client = newClient();
});

afterEach(() => {
  client.stop();
  mock.timers.reset();
});

function newClient(options = {}) {
  const session = new Session(new Shelf(new FleetingStorage(), "session"));
  session.keep({ userId: "ann", accessToken: "a", refreshToken: "r", expiresIn: 1e9 }, Date.now());
  return new Client({
    url: "http://server",
    session,
    lasting,
    passing,
    fetch: server.fetch,
    WebSocket: server.WebSocket,
    ...options,
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
  clock.mock.mockImplementation(() => performance.timeOrigin + performance.now() + 32_000);
  await pass(31_000);
  assert.equal(client.log("chat").hasGap, false);
  const reads = server.logReads;
  await pass(120_000);
  assert.equal(server.logReads, reads);
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

/** What is left of values once they went over a line. */
function told(values) {
  return JSON.parse(JSON.stringify(values));
}

function view(messageId) {
  return client.log("chat").message(messageId);
}

test("edits, deletions and reactions of others show as they are pushed", async () => {
  await open();
  for (const text of ["one", "two"]) server.store({ senderId: "bob", text });
  server.edit("m1", "one, again");
  server.react("m1", "👍", "bob", true);
  server.react("m1", "👍", "eve", true);
  server.react("m1", "👍", "eve", false);
  server.erase("m2");
  await settle();
  assert.equal(view("m1").text, "one, again");
  assert.deepEqual(view("m1").reactions, { "👍": ["bob"] });
  assert.equal(view("m2").text, undefined);
  assert.ok(view("m2").deletedAt);
  assert.ok(client.chats.get("chat").lastMessage.deletedAt, "the list knows too");
  assert.equal(client.log("chat").hasGap, false);
});

test("what was changed while away is changed after the return", async () => {
  for (const text of ["one", "two", "three"]) server.store({ senderId: "bob", text });
  await open();
  server.open[0].break();
  server.edit("m1", "changed");
  server.erase("m2");
  server.react("m3", "🎉", "bob", true);
  server.store({ senderId: "bob", text: "four" });
  await settle();
  await pass(1_000);
  assert.deepEqual(client.log("chat").messages, told(server.messages));
  assert.equal(client.log("chat").hasGap, false);
});

test("one's own edit, deletion and reaction are held once, reply or push first", async () => {
  server.store({ senderId: "ann", text: "one" });
  server.store({ senderId: "ann", text: "two" });
  await open();
  await client.editMessage("chat", "m1", "better");
  await client.react("chat", "m1", "👍", true);
  await client.react("chat", "m1", "❤️", true);
  await client.react("chat", "m1", "👍", false);
  await client.deleteMessage("chat", "m2");
  assert.equal(view("m1").text, "better");
  assert.deepEqual(view("m1").reactions, { "❤️": ["ann"] });
  await settle();
  assert.deepEqual(client.log("chat").messages, told(server.messages));
  assert.equal(server.logReads, 1, "the pushes leave nothing to read");
});

test("an answer keeps what it answers, over a reload too", async () => {
  server.store({ senderId: "bob", text: "question" });
  await open();
  server.fault = new TypeError("no network");
  server.open[0].break();
  await settle();
  client.send("chat", "answer", { replyTo: "m1" });
  assert.equal(client.pending("chat")[0].replyTo, "m1");
  client.stop();
  server.fault = undefined;
  client = newClient();
  await open();
  await settle();
  assert.equal(server.messages.at(-1).replyTo, "m1");
});

test("a message that was too large to be pushed is read", async () => {
  await open();
  server.store({ senderId: "bob", text: "large" }, { isPushed: false });
  server.push({ type: "message.created", chatId: "chat", seq: 1, at: server.events[0].at, truncated: true });
  await settle();
  await pass(1_000);
  assert.deepEqual(held(), ["large"]);
  assert.equal(client.chats.get("chat").lastMessage.text, "large");
});

test("a long log is read from its end, and the rest when it is asked for", async () => {
  for (let number = 1; number <= 400; number += 1) {
    server.store({ senderId: "bob", text: String(number) });
    server.react(`m${2 * number - 1}`, "👍", "bob", true);
  }
  await open();
  const log = client.log("chat");
  assert.ok(held().length >= 25 && held().length < 60, `${held().length} messages`);
  assert.equal(held().at(-1), "400");
  while (log.hasEarlier) await client.loadEarlier("chat");
  assert.deepEqual(log.messages, told(server.messages));
});

test("what came before one joined is not looked for number by number", async () => {
  server.seq = 10_000;
  server.addMembers(["ann"], "bob");
  server.store({ senderId: "bob", text: "welcome" });
  await open();
  assert.deepEqual(held(), ["welcome"]);
  assert.equal(client.log("chat").hasEarlier, false);
  assert.ok(server.logReads <= 3);
});

test("what is read is told to the server, the latest alone, also when it was read without a connection", async () => {
  server.store({ senderId: "bob", text: "one" });
  await open();
  client.markRead("chat");
  await settle();
  assert.equal(server.readSeq, 1);
  for (let number = 2; number <= 9; number += 1) {
    server.store({ senderId: "bob", text: String(number) });
    await settle();
    client.markRead("chat");
  }
  await pass(1_000);
  assert.equal(server.readSeq, 9);
  assert.equal(server.open[0].sent.filter(({ action }) => action === "markRead").length, 2);
  server.store({ senderId: "bob", text: "ten" });
  await settle();
  server.open[0].break();
  await settle();
  client.markRead("chat");
  assert.equal(client.chats.unreadTotal, 0);
  await pass(2_000);
  assert.equal(server.readSeq, 10);
});

test("who has read what is known by their marks and by what they write", async () => {
  server.store({ senderId: "ann", text: "one" });
  await open();
  assert.deepEqual(client.readersOf("chat", 1), []);
  server.push({ type: "read.updated", chatId: "chat", userId: "bob", readSeq: 1 });
  await settle();
  assert.deepEqual(client.readersOf("chat", 1), ["bob"]);
  server.store({ senderId: "ann", text: "two" });
  server.store({ senderId: "bob", text: "three" });
  await settle();
  assert.deepEqual(client.readersOf("chat", 2), ["bob"]);
  client.stop();
  client = newClient();
  assert.equal(client.chats.readSeqOf("chat", "bob"), 1, "a reload keeps it");
});

test("who has read the open chat while one was away is known after the return", async () => {
  server.store({ senderId: "ann", text: "one" });
  await open();
  server.open[0].break();
  server.readSeqs = { bob: 1 };
  await settle();
  await pass(1_000);
  assert.deepEqual(client.readersOf("chat", 1), ["bob"]);
});

test("a chat read on another device is read here", async () => {
  server.store({ senderId: "bob", text: "one" });
  await open();
  assert.equal(client.chats.unreadTotal, 1);
  server.push({ type: "read.updated", chatId: "chat", userId: "ann", readSeq: 1 });
  await settle();
  assert.equal(client.chats.unreadTotal, 0);
});

test("typing ends by itself, by a message, and is told seldom", async () => {
  await open();
  const typing = (userId, isTyping) =>
    server.push({ type: "typing", chatId: "chat", userId, typing: isTyping });
  typing("bob", true);
  await settle();
  assert.deepEqual(client.typing.in("chat"), ["bob"]);
  await pass(9_999);
  assert.deepEqual(client.typing.in("chat"), ["bob"]);
  await pass(1);
  assert.deepEqual(client.typing.in("chat"), []);
  typing("bob", true);
  server.store({ senderId: "bob", text: "done" });
  await settle();
  assert.deepEqual(client.typing.in("chat"), []);
  for (let key = 0; key < 20; key += 1) client.typing.tell("chat", true);
  client.typing.tell("chat", false);
  client.typing.tell("chat", false);
  await settle();
  const told = server.open[0].sent.filter(({ action }) => action === "setTyping");
  assert.deepEqual(
    told.map((frame) => frame.typing),
    [true, false],
  );
});

test("presence is asked for once for all, and follows what is pushed", async () => {
  await open();
  assert.equal(client.presence.get("bob"), undefined);
  client.presence.get("eve");
  await settle();
  assert.equal(client.presence.get("bob").online, false);
  assert.equal(server.requests.filter(({ path }) => path === "/presence").length, 1);
  server.push({
    type: "presence.changed",
    userId: "bob",
    online: true,
    lastSeenAt: "2026-01-01T00:00:00.000Z",
  });
  await settle();
  assert.equal(client.presence.get("bob").online, true);
  server.open[0].break();
  await settle();
  await pass(1_000);
  assert.equal(client.presence.get("bob").online, false, "asked again after the return");
});

test("members come and go, the name changes, and a chat that one has left is gone", async () => {
  server.name = "Trip";
  server.admins = ["ann"];
  await open();
  await client.addMembers("chat", ["eve"]);
  await client.updateChat("chat", { name: "Voyage" });
  await settle();
  assert.deepEqual(client.chats.get("chat").memberIds, ["ann", "bob", "eve"]);
  assert.equal(client.chats.get("chat").name, "Voyage");
  server.removeMember("bob");
  await settle();
  assert.deepEqual(client.chats.get("chat").memberIds, ["ann", "eve"]);
  const left = [];
  client.on("left", (chatId) => left.push(chatId));
  server.removeMember("ann", "eve");
  await settle();
  assert.deepEqual(left, ["chat"]);
  assert.equal(client.chats.get("chat"), undefined);
});

async function take(events, number) {
  const taken = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === number) break;
  }
  return taken;
}

test("events come one after another, one's own too, whatever was lost or doubled on the way", async () => {
  server.store({ senderId: "bob", text: "before" });
  const events = client.events();
  client.start();
  await settle();
  const message = server.store({ senderId: "bob", text: "one" });
  server.open[0].deliver({ type: "message.created", chatId: "chat", seq: message.seq, message });
  await settle();
  client.send("chat", "two");
  await settle();
  server.store({ senderId: "bob", text: "lost" }, { isPushed: false });
  server.push({ type: "typing", chatId: "chat", userId: "bob", typing: true });
  server.store({ senderId: "bob", text: "four" });
  await settle();
  await pass(1_000);
  const told = (await take(events, 5)).map((event) => event.message?.text ?? event.type);
  assert.deepEqual(told, ["one", "two", "typing", "four", "lost"]);
  assert.deepEqual(client.positions, { chat: 5 });
  assert.deepEqual(await events.next(), { done: true, value: undefined });
});

test("events go on after a lost line, and where an earlier client was", async () => {
  server.store({ senderId: "bob", text: "one" });
  server.store({ senderId: "bob", text: "two" });
  client.stop();
  client = newClient({ positions: { chat: 1 } });
  const events = client.events();
  client.start();
  await settle();
  server.open[0].break();
  server.store({ senderId: "bob", text: "three" }, { isPushed: false });
  await settle();
  await pass(1_000);
  const told = await take(events, 2);
  assert.deepEqual(
    told.map(({ message }) => message.text),
    ["two", "three"],
  );
});

test("a chat that is both followed and open tells its news once, and shows its history", async () => {
  for (let number = 1; number <= 80; number += 1) server.store({ senderId: "bob", text: String(number) });
  const events = client.events();
  await open();
  server.store({ senderId: "bob", text: "news" });
  await settle();
  client.stop();
  const told = [];
  for await (const event of events) told.push(event.message.text);
  assert.deepEqual(told, ["news"]);
  assert.ok(held().length > 25);
  assert.equal(held().at(-1), "news");
});

test("a followed log that nobody looks at lets go of what is old", async () => {
  client.events();
  client.start();
  await settle();
  for (let number = 1; number <= 1_100; number += 1) server.store({ senderId: "bob", text: String(number) });
  await settle();
  assert.equal(held().length, 1_000);
  const told = [];
  client.on("event", ({ seq }) => told.push(seq));
  server.push(server.events[0]);
  await settle();
  assert.deepEqual(told, [], "what was let go of is not taken for new");
  await client.openChat("chat");
  await client.loadEarlier("chat");
  assert.ok(held().length > 1_000);
});

test("a read that fails is tried again while the line holds", async () => {
  await open();
  server.store({ senderId: "bob", text: "lost" }, { isPushed: false });
  server.store({ senderId: "bob", text: "two" });
  await settle();
  server.fault = new TypeError("no network");
  await pass(1_000);
  server.fault = undefined;
  assert.deepEqual(held(), ["two"]);
  await pass(3_000);
  assert.deepEqual(held(), ["lost", "two"]);
});

/** A client whose reads are answered as they were asked for, but come in only once they are let go on. */
function slowReader(address) {
  const held = [];
  client.stop();
  client = newClient({
    fetch: async (url, options) => {
      const answer = await server.fetch(url, options);
      if (held.isOn && url.includes(address)) await new Promise((resolve) => held.push(resolve));
      return answer;
    },
  });
  return held;
}

test("what was sent before the line was there is read, though the log was being read just then", async () => {
  const reads = slowReader("/events?");
  reads.isOn = true;
  server.store({ senderId: "bob", text: "one" });
  const opening = client.openChat("chat");
  await settle();
  server.store({ senderId: "bob", text: "two" }, { isPushed: false });
  client.start();
  await settle();
  reads.isOn = false;
  for (const goOn of reads) goOn();
  await opening;
  await settle();
  assert.deepEqual(held(), ["one", "two"]);
});

test("a line that is lost while the log is caught up with loses nothing", async () => {
  const reads = slowReader("/events?");
  await open();
  reads.isOn = true;
  for (const text of ["one", "two"]) {
    server.open[0].break();
    await settle();
    await pass(1_000);
    server.store({ senderId: "bob", text }, { isPushed: false });
  }
  server.open[0].break();
  await settle();
  await pass(1_000);
  reads.isOn = false;
  for (const goOn of reads) goOn();
  await settle();
  assert.deepEqual(held(), ["one", "two"]);
});

test("events miss nothing of an open chat that is far behind", async () => {
  const events = client.events();
  await open();
  server.open[0].break();
  for (let number = 1; number <= 700; number += 1)
    server.store({ senderId: "bob", text: String(number) }, { isPushed: false });
  await settle();
  await pass(1_000);
  const told = await take(events, 700);
  assert.deepEqual(
    told.map(({ message }) => message.text),
    stored(),
  );
});

test("the clock of the server is set by its greeting, not by a later try to catch up with it", async () => {
  let isBusy = true;
  client.stop();
  client = newClient({
    fetch: async (url, options) =>
      isBusy && url.endsWith("/chats") ? new Response("", { status: 503 }) : server.fetch(url, options),
  });
  client.start();
  await settle();
  isBusy = false;
  const { now } = Date;
  const clock = mock.method(Date, "now", () => now() + 60_000);
  await pass(3_000);
  server.isMute = true;
  client.send("chat", "a minute later");
  const ahead = Date.parse(client.pending("chat")[0].writtenAt) - now();
  clock.mock.restore();
  assert.ok(client.chats.isLoaded);
  assert.ok(ahead > 50_000, `${ahead} ms`);
});

/** A client whose list of chats comes in pages, here as `[chatId, lastSeq]`. */
function listClient(pages) {
  client.stop();
  const asked = [];
  client = newClient({
    fetch: async (url, options) => {
      const { pathname, searchParams } = new URL(url);
      if (pathname !== "/chats") return server.fetch(url, options);
      const place = Number(searchParams.get("cursor") ?? 0);
      asked.push(place);
      const chats = pages[place].map(([chatId, lastSeq]) => ({
        chatId,
        kind: "group",
        memberIds: ["ann", "bob"],
        admins: [],
        createdAt: "2026-01-01T00:00:00.000Z",
        lastSeq,
        unreadCount: lastSeq,
      }));
      return Response.json({ chats, nextCursor: place + 1 < pages.length ? String(place + 1) : undefined });
    },
  });
  return asked;
}

function listed() {
  return client.chats.list().map(({ chatId, lastSeq }) => [chatId, lastSeq]);
}

test("after the return the list is read as far as there is news of it", async () => {
  const pages = [[["chat", 1]], [["two", 1]], [["three", 1]], [["four", 1]], [["five", 1]]];
  const asked = listClient(pages);
  client.start();
  await settle();
  assert.deepEqual(asked.splice(0), [0], "nobody has asked for more");
  for (let page = 1; page < 5; page += 1) await client.loadEarlierChats();
  await Promise.all([client.loadEarlierChats(), client.loadEarlierChats()]);
  assert.deepEqual(asked.splice(0), [1, 2, 3, 4]);
  server.open[0].break();
  pages.splice(0, 3, [["three", 3]], [["chat", 2]], [["two", 1]]);
  await settle();
  await pass(1_000);
  assert.deepEqual(asked.splice(0), [0, 1, 2]);
  assert.deepEqual(Object.fromEntries(listed()), { chat: 2, two: 1, three: 3, four: 1, five: 1 });
  await Promise.all([client.loadEarlierChats(), client.loadEarlierChats()]);
  assert.deepEqual(asked, [3], "and on from there, once");
});

test("events come of chats beyond the first page of the list, too", async () => {
  const pages = [[["two", 1]], [["chat", 0]]];
  listClient(pages);
  const events = client.events();
  client.start();
  await settle();
  server.open[0].break();
  server.store({ senderId: "bob", text: "missed" }, { isPushed: false });
  pages[1] = [["chat", 1]];
  await settle();
  await pass(1_000);
  client.stop();
  const told = [];
  for await (const { message } of events) told.push(message.text);
  assert.deepEqual(told, ["missed"]);
});

for (const [name, opens] of [
  ["is gone when the list is read", false],
  ["is gone when it is opened, however long the list is", true],
])
  test(`a chat one was removed from while away ${name}`, async () => {
    const pages = opens ? [[["two", 1]], [["chat", 0]]] : [[["two", 1], ["chat", 0]]];
    listClient(pages);
    client.start();
    await settle();
    await client.loadEarlierChats();
    await client.openChat("chat");
    client.closeChat();
    const left = [];
    client.on("left", (chatId) => left.push(chatId));
    server.open[0].break();
    server.memberIds = ["bob"];
    pages.splice(0, 2, ...(opens ? [[["two", 1]], []] : [[["two", 1]]]));
    await settle();
    await pass(1_000);
    if (opens) await client.openChat("chat").catch(() => {});
    await settle();
    assert.deepEqual(left, ["chat"]);
    assert.deepEqual(listed(), [["two", 1]]);
  });

test("what is pushed late of a chat that one is not in stays nowhere, so all of it is no news later", async () => {
  listClient([[["two", 1]]]);
  client.events();
  client.start();
  await settle();
  server.memberIds = ["bob"];
  const told = [];
  client.on("event", ({ seq }) => told.push(seq));
  const at = "2026-01-01T00:00:00.000Z";
  server.push({ type: "member.added", chatId: "chat", seq: 48, at, memberIds: ["bob"], admins: ["bob"] });
  await settle();
  assert.deepEqual(told, [48]);
  assert.deepEqual(client.log("chat").events, []);
});

test("a chat that the list does not tell of, and that is there all the same, stays", async () => {
  const pages = [[["two", 1]]];
  listClient(pages);
  await client.readChat("chat");
  client.start();
  await settle();
  assert.deepEqual(Object.keys(Object.fromEntries(listed())).sort(), ["chat", "two"]);
});

test("who has come online while it was asked for is online", async () => {
  const reads = slowReader("/presence");
  reads.isOn = true;
  await open();
  client.presence.get("bob");
  client.presence.get("eve");
  await settle();
  server.push({ type: "presence.changed", userId: "bob", online: true });
  await settle();
  reads[0]();
  await settle();
  assert.equal(client.presence.get("bob").online, true, "what was pushed is newer");
  assert.equal(client.presence.get("eve").online, false);
});

test("the chat opened last is the one kept complete, though an unknown one took longer", async () => {
  const reads = slowReader("/chats/chat2");
  await open();
  reads.isOn = true;
  const other = client.openChat("chat2");
  await settle();
  await client.openChat("chat");
  reads.isOn = false;
  for (const goOn of reads) goOn();
  await other.catch(() => {});
  server.open[0].break();
  server.store({ senderId: "bob", text: "missed" }, { isPushed: false });
  await settle();
  await pass(1_000);
  assert.deepEqual(held(), ["missed"]);
});
