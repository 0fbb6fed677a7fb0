import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Client } from "../client.js";
import { FakeDevices } from "../fake/media.js";
import { FakeWorld } from "../fake/peer_connection.js";
import { FakeServer } from "../fake/server.js";
import { Session } from "../session.js";
import { FleetingStorage, Shelf } from "../shelf.js";

const TURN = [{ urls: ["turn:turn"], username: "4000000000:ann", credential: "c" }];

let server;
let world;
let devices;
let client;
let calls;
/** What the calls have told, in its order. */
let told;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  server = new FakeServer();
  world = new FakeWorld();
  devices = new FakeDevices();
  server.answers = {
    startCall: () => ({ status: 201, call: data({ ann: "joined", bob: "ringing" }), iceServers: TURN }),
    acceptCall: () => ({
      call: data({ bob: "joined", ann: "joined" }, { state: "active" }),
      iceServers: TURN,
      peers: [{ userId: "bob", deviceId: "bob's", polite: true }],
    }),
    rejectCall: () => ({ call: data({ bob: "joined", ann: "rejected" }, { state: "ended" }) }),
    endCall: () => ({ call: data({ ann: "left", bob: "left" }, { state: "ended", endReason: "hangup" }) }),
    sendSignal: () => ({}),
  };
  told = [];
  const session = new Session(new Shelf(new FleetingStorage(), "session"));
  session.keep({ userId: "ann", accessToken: "a", refreshToken: "r", expiresIn: 1e9 }, Date.now());
  client = new Client({
    url: "http://server",
    session,
    deviceId: "d",
    fetch: server.fetch,
    WebSocket: server.WebSocket,
    calls: {
      RTCPeerConnection: world.RTCPeerConnection,
      mediaDevices: devices,
      configuration: { bundlePolicy: "b" },
    },
  });
  calls = client.calls;
  calls.on("ringing", (call) => told.push(["ringing", call.callId]));
  calls.on("over", (call) => told.push(["over", call.reason]));
  calls.on("refused", (call, error) => told.push(["refused", error.code]));
});

afterEach(() => {
  client.stop();
  mock.timers.reset();
});

/** A call as the server tells it; the device of everybody who has joined is their only one. */
function data(states, fields = {}) {
  const participants = Object.entries(states).map(([userId, state]) => {
    const deviceId = userId === "ann" ? "d" : `${userId}'s`;
    return state === "joined" || state === "left" ? { userId, deviceId, state } : { userId, state };
  });
  const times = { createdAt: "2026-01-01T00:00:00.000Z", ringExpiresAt: "2026-01-01T00:00:45.000Z" };
  const answeredAt = fields.state === "active" ? new Date().toISOString() : undefined;
  return {
    callId: "c",
    kind: "audio",
    state: "ringing",
    callerId: participants[0].userId,
    participants,
    answeredAt,
    ...times,
    ...fields,
  };
}

async function settle() {
  for (let turn = 0; turn < 15; turn += 1) await new Promise(setImmediate);
}

async function pass(milliseconds) {
  mock.timers.tick(milliseconds);
  await settle();
}

async function connect() {
  client.start();
  await settle();
}

async function push(event, states, fields, more = {}) {
  server.push({ type: `call.${event}`, callId: "c", call: data(states, fields), ...more });
  await settle();
}

async function signal(fields, from = "bob") {
  server.push({
    type: "call.signal",
    callId: "c",
    fromUserId: from,
    fromDeviceId: `${from}'s`,
    signal: fields,
  });
  await settle();
}

function asked(action) {
  return server.sockets.flatMap(({ sent }) => sent).filter((frame) => frame.action === action);
}

function signals() {
  return asked("sendSignal").map((frame) => frame.signal);
}

async function talk() {
  await connect();
  const call = calls.start({ calleeIds: ["bob"], kind: "audio" });
  await settle();
  await push("joined", { ann: "joined", bob: "joined" }, { state: "active" });
  return call;
}

test("who calls hears it ring, and has a line once it is answered", async () => {
  await connect();
  const call = calls.start({ calleeIds: ["bob"], kind: "video" });
  assert.equal(call.phase, "starting");
  assert.equal(calls.current, call);
  await settle();
  assert.equal(call.phase, "outgoing");
  assert.deepEqual(devices.asked[0], {
    audio: {},
    video: { width: { ideal: 1280 }, height: { ideal: 720 } },
  });
  assert.equal(world.open.length, 0);
  await push("joined", { ann: "joined", bob: "joined" }, { state: "active" });
  assert.equal(call.phase, "active");
  assert.ok(call.seconds >= 0);
  assert.deepEqual(world.open[0].configuration, { bundlePolicy: "b", iceServers: TURN });
  const [first] = asked("sendSignal");
  assert.equal(first.toUserId, "bob");
  assert.equal(first.toDeviceId, "bob's");
  assert.ok(signals().some(({ description }) => description?.type === "offer"));
  assert.deepEqual(
    world.open[0].senders.map(({ track }) => track.kind),
    ["audio", "video"],
  );
});

test("who is called answers, and leaves the first offer to who was there", async () => {
  await connect();
  await push("ringing", { bob: "joined", ann: "ringing" });
  assert.deepEqual(told, [["ringing", "c"]]);
  const call = calls.incoming;
  assert.equal(call.phase, "incoming");
  assert.deepEqual(devices.asked, [], "nobody is heard before they answer");
  calls.accept(call);
  await settle();
  assert.equal(call.phase, "active");
  assert.equal(calls.incoming, undefined);
  assert.equal(calls.current, call);
  assert.deepEqual(signals(), []);
  await signal({ description: { type: "offer", sdp: "v=0\r\na=fingerprint:x\r\na=ice-ufrag:u" } });
  assert.ok(signals().some(({ description }) => description?.type === "answer"));
});

test("nothing is made of the news of one's own answer before the answer itself, which says who is polite", async () => {
  await connect();
  await push("ringing", { bob: "joined", ann: "ringing" });
  const answer = server.answers.acceptCall();
  server.answers.acceptCall = () => undefined;
  calls.accept(calls.incoming);
  await settle();
  await push("joined", { bob: "joined", ann: "joined" }, { state: "active" });
  assert.equal(world.open.length, 0);
  const [socket] = server.open;
  socket.reply(asked("acceptCall")[0], 200, answer);
  await settle();
  assert.equal(world.open.length, 1);
  assert.deepEqual(signals(), []);
});

test("signals that overtake the news of who sent them are kept", async () => {
  await connect();
  calls.start({ calleeIds: ["bob"], kind: "audio" });
  await settle();
  await signal({ candidates: [{ candidate: "x", usernameFragment: "u" }] });
  await signal({ description: { type: "offer", sdp: "v=0\r\na=fingerprint:x\r\na=ice-ufrag:u" } });
  assert.equal(world.open.length, 0);
  await push("joined", { ann: "joined", bob: "joined" }, { state: "active" });
  await settle();
  assert.deepEqual(
    world.open[0].candidates.map(({ candidate }) => candidate),
    ["x"],
  );
  assert.ok(signals().some(({ description }) => description?.type === "answer"));
});

test("who speaks without being known to take part is looked up, for the news of it was lost", async () => {
  const call = await talk();
  server.answers.getCall = () => ({
    call: data({ ann: "joined", bob: "joined", eve: "joined" }, { state: "active" }),
  });
  await signal({ candidates: [{ candidate: "x", usernameFragment: "u" }] }, "eve");
  assert.deepEqual([...call.peers.keys()], ["bob", "eve"]);
  assert.equal(asked("getCall").length, 1);
});

test("what was meant for one before one left is not taken for what comes after", async () => {
  await connect();
  server.calls = [data({ bob: "joined", ann: "left", eve: "joined" }, { state: "active", chatId: "chat" })];
  await calls.resume({ deviceId: "d" });
  await signal({ description: { type: "offer", sdp: "v=0\r\na=fingerprint:x\r\na=ice-ufrag:u" } });
  calls.accept(calls.openIn("chat"));
  await settle();
  assert.equal(calls.current.peers.size, 1);
  assert.equal(world.open[0].remoteDescription, null);
});

test("candidates that wait for the line go together, in the order of the rest", async () => {
  await connect();
  calls.start({ calleeIds: ["bob"], kind: "audio" });
  await settle();
  server.answers.sendSignal = () => undefined;
  await push("joined", { ann: "joined", bob: "joined" }, { state: "active" });
  assert.equal(signals().length, 1);
  server.answers.sendSignal = () => ({});
  server.open[0].reply(asked("sendSignal")[0], 200, {});
  await settle();
  const counts = signals().map(({ description, candidates }) => description?.type ?? candidates.length);
  assert.equal(counts.filter((each) => each === "offer").length, 1);
  assert.equal(
    counts.filter(Number.isInteger).reduce((sum, count) => sum + count, 0),
    3,
  );
  assert.ok(counts.length <= 3);
});

test("a signal is sent again after too many, and after a lost line, and never to who has gone", async () => {
  await connect();
  calls.start({ calleeIds: ["bob"], kind: "audio" });
  await settle();
  server.answers.sendSignal = () => ({
    status: 429,
    error: { code: "rate_limited", message: "", retryAfter: 2 },
  });
  await push("joined", { ann: "joined", bob: "joined" }, { state: "active" });
  assert.equal(signals().length, 1);
  server.answers.sendSignal = (frame, socket) => void socket.break();
  await pass(3_000);
  assert.equal(signals().length, 2);
  server.answers.sendSignal = () => ({});
  await pass(1_000);
  await pass(1_000);
  const [first, second, third] = signals();
  assert.deepEqual([second, third], [first, first]);
  server.answers.sendSignal = () => ({
    status: 429,
    error: { code: "rate_limited", message: "", retryAfter: 2 },
  });
  world.open[0].break("failed");
  await settle();
  const count = signals().length;
  await push("ended", { ann: "left", bob: "left" }, { state: "ended", endReason: "hangup" });
  await pass(60_000);
  assert.equal(signals().length, count);
});

test("a call ends once, and lets go of everything", async () => {
  const call = await talk();
  await push("ended", { ann: "left", bob: "left" }, { state: "ended", endReason: "connection_lost" });
  await push("ended", { ann: "left", bob: "left" }, { state: "ended", endReason: "hangup" });
  assert.deepEqual(told, [["over", "connection_lost"]]);
  assert.equal(call.phase, "ended");
  assert.equal(calls.current, undefined);
  assert.equal(world.open.length, 0);
  assert.ok(devices.tracks.every(({ readyState }) => readyState === "ended"));
});

test("one hangs up at once, though the line is broken, and the others hear of it later", async () => {
  const call = await talk();
  server.fault = new TypeError("no network");
  server.open[0].break();
  await settle();
  call.hangUp();
  assert.equal(call.phase, "ended");
  assert.equal(world.open.length, 0);
  server.fault = undefined;
  await pass(30_000);
  await pass(1_000);
  assert.deepEqual(
    asked("endCall").map(({ callId }) => callId),
    ["c"],
  );
});

test("a call given up before the server has answered ends there too", async () => {
  await connect();
  const answer = server.answers.startCall();
  server.answers.startCall = () => undefined;
  const call = calls.start({ calleeIds: ["bob"], kind: "audio" });
  call.hangUp();
  await settle();
  server.open[0].reply(asked("startCall")[0], 201, answer);
  await settle();
  assert.deepEqual(
    asked("endCall").map(({ callId }) => callId),
    ["c"],
  );
  assert.equal(calls.current, undefined);
});

for (const [name, answer, reason] of [
  ["busy", { status: 409, error: { code: "busy", message: "" } }, "busy"],
  ["blocked", { status: 403, error: { code: "blocked", message: "" } }, "failed"],
]) {
  test(`a call that is refused as ${name} is over`, async () => {
    await connect();
    server.answers.startCall = () => answer;
    calls.start({ calleeIds: ["bob"], kind: "audio" });
    await settle();
    assert.deepEqual(told, [
      ["over", reason],
      ["refused", name],
    ]);
    assert.ok(devices.tracks.every(({ readyState }) => readyState === "ended"));
  });
}

test("a call that was answered, or rejected, on another device stops ringing here", async () => {
  await connect();
  await push("ringing", { bob: "joined", ann: "ringing" });
  const answered = data({ bob: "joined", ann: "joined" }, { state: "active" });
  answered.participants[1].deviceId = "another";
  server.push({ type: "call.answeredElsewhere", callId: "c", call: answered });
  await settle();
  assert.deepEqual(told.at(-1), ["over", "answeredElsewhere"]);
  await push("ringing", { bob: "joined", ann: "ringing" });
  assert.equal(calls.incoming, undefined, "a push that comes late");

  await push("ringing", { bob: "joined", ann: "ringing" }, { callId: "c2" });
  assert.equal(calls.incoming.callId, "c2");
  await push(
    "ended",
    { bob: "left", ann: "rejected" },
    { callId: "c2", state: "ended", endReason: "rejected" },
  );
  assert.equal(calls.incoming, undefined);
});

test("of a group's call that one did not want one hears no more until it can be joined, and then may", async () => {
  await connect();
  await push("ringing", { bob: "joined", ann: "ringing", eve: "ringing" }, { chatId: "chat" });
  server.answers.rejectCall = () => ({
    call: data({ bob: "joined", ann: "rejected", eve: "ringing" }, { chatId: "chat" }),
  });
  calls.incoming.reject();
  await settle();
  assert.equal(asked("rejectCall").length, 1);
  assert.equal(calls.incoming, undefined);
  await push(
    "joined",
    { bob: "joined", ann: "rejected", eve: "joined" },
    { chatId: "chat", state: "active" },
  );
  assert.equal(calls.openIn("chat").phase, "open");
  server.answers.acceptCall = () => ({
    call: data({ bob: "joined", ann: "joined", eve: "joined" }, { chatId: "chat", state: "active" }),
    iceServers: TURN,
    peers: ["bob", "eve"].map((userId) => ({ userId, deviceId: `${userId}'s`, polite: true })),
  });
  calls.accept(calls.openIn("chat"));
  await settle();
  assert.deepEqual([...calls.current.peers.keys()], ["bob", "eve"]);
  assert.equal(calls.openIn("chat"), undefined);
});

test("people come and go in a group's call, and each has one line", async () => {
  const call = await talk();
  await push("joined", { ann: "joined", bob: "joined", eve: "joined" }, { state: "active" });
  await push("joined", { ann: "joined", bob: "joined", eve: "joined" }, { state: "active" });
  assert.deepEqual([...call.peers.keys()], ["bob", "eve"]);
  assert.equal(world.connections.length, 2);
  await push("left", { ann: "joined", bob: "left", eve: "joined" }, { state: "active" });
  assert.deepEqual([...call.peers.keys()], ["eve"]);
  assert.equal(world.open.length, 1);
  await push("joined", { ann: "joined", bob: "joined", eve: "joined" }, { state: "active" });
  assert.equal(world.open.length, 2, "who has left may come again");
});

test("who has left and comes back is the polite one then, though they were there first before", async () => {
  await connect();
  await push("ringing", { bob: "joined", ann: "ringing", eve: "ringing" });
  server.answers.acceptCall = () => ({
    call: data({ bob: "joined", ann: "joined", eve: "joined" }, { state: "active" }),
    iceServers: TURN,
    peers: ["bob", "eve"].map((userId) => ({ userId, deviceId: `${userId}'s`, polite: true })),
  });
  calls.accept(calls.incoming);
  await settle();
  assert.deepEqual(signals(), [], "the first offers are left to those who were there");
  await push("left", { bob: "left", ann: "joined", eve: "joined" }, { state: "active" });
  await push("joined", { bob: "joined", ann: "joined", eve: "joined" }, { state: "active" });
  assert.ok(asked("sendSignal").every(({ toUserId }) => toUserId === "bob"));
  assert.ok(signals().some(({ description }) => description?.type === "offer"));
});

test("seven others have a line each", async () => {
  const call = await talk();
  const states = Object.fromEntries(
    ["ann", "bob", "c", "d", "e", "f", "g", "h"].map((userId) => [userId, "joined"]),
  );
  await push("joined", states, { state: "active" });
  assert.equal(call.peers.size, 7);
  assert.equal(world.open.length, 7);
});

test("a call outlives its socket, and what was said meanwhile is made up for", async () => {
  const call = await talk();
  world.open[0].break("disconnected");
  server.calls = [data({ ann: "joined", bob: "joined" }, { state: "active" })];
  server.open[0].break();
  await settle();
  assert.equal(call.phase, "active");
  const before = signals().length;
  await pass(1_000);
  await settle();
  assert.equal(client.socket.state, "online");
  assert.equal(call.phase, "active");
  assert.equal(world.connections.length, 1, "the line is the same");
  assert.ok(signals().length > before, "its offer is told again");
});

test("of the offers made while one was away only the last is worth sending", async () => {
  const call = await talk();
  server.fault = new TypeError("no network");
  server.open[0].break();
  await settle();
  const before = signals().length;
  for (let time = 0; time < 5; time += 1) {
    world.open[0].break("failed");
    call.mend();
    await pass(5_000);
  }
  server.fault = undefined;
  await pass(30_000);
  await pass(1_000);
  const offers = signals()
    .slice(before)
    .filter(({ description }) => description?.type === "offer");
  assert.ok(offers.length >= 1 && offers.length <= 3, `${offers.length} offers`);
});

test("who was away for too long finds the call over", async () => {
  const call = await talk();
  server.calls = [data({ ann: "left", bob: "left" }, { state: "ended", endReason: "connection_lost" })];
  server.open[0].break();
  await settle();
  await pass(1_000);
  assert.equal(call.phase, "ended");
  assert.equal(call.reason, "connection_lost");
});

test("who was put out of a call that goes on among others is out of it", async () => {
  const call = await talk();
  await push("left", { ann: "left", bob: "joined", eve: "joined" }, { state: "active" });
  assert.equal(call.reason, "connection_lost");
});

test("a call that began to ring while one was away rings after the return", async () => {
  server.calls = [data({ bob: "joined", ann: "ringing" })];
  await connect();
  assert.equal(calls.incoming.callId, "c");
});

test("a page that was opened again finds the call it was in, and can go on with it", async () => {
  server.calls = [data({ bob: "joined", ann: "joined" }, { state: "active" })];
  await connect();
  assert.equal(calls.incoming, undefined);
  calls.accept(calls.unfinished);
  await settle();
  assert.equal(calls.current.phase, "active");
  assert.equal(calls.current.peers.size, 1);
  assert.equal(calls.unfinished, undefined);
});

test("two who call each other at once are in one call", async () => {
  await connect();
  server.answers.startCall = () => undefined;
  const call = calls.start({ calleeIds: ["bob"], kind: "audio" });
  await settle();
  await push("ringing", { bob: "joined", ann: "ringing" });
  assert.equal(calls.incoming, undefined);
  const both = data({ bob: "joined", ann: "joined" }, { state: "active" });
  server.open[0].reply(asked("startCall")[0], 200, { call: both, iceServers: TURN });
  await settle();
  assert.equal(calls.current, call);
  assert.equal(call.phase, "active");
  assert.equal(call.peers.size, 1);
  await push("ended", { bob: "left", ann: "left" }, { state: "ended", endReason: "hangup" });
  assert.equal(call.phase, "ended");
});

test("who answers while in another call leaves that one", async () => {
  const first = await talk();
  await push("ringing", { eve: "joined", ann: "ringing" }, { callId: "c2" });
  server.answers.acceptCall = ({ callId }) => ({
    call: data({ eve: "joined", ann: "joined" }, { callId, state: "active" }),
    iceServers: TURN,
    peers: [{ userId: "eve", deviceId: "eve's", polite: true }],
  });
  calls.accept(calls.incoming);
  await settle();
  assert.equal(first.phase, "ended");
  assert.deepEqual(
    asked("endCall").map(({ callId }) => callId),
    ["c"],
  );
  assert.equal(calls.current.callId, "c2");
});

test("a microphone that may not be used keeps nobody from the call, and can be tried again", async () => {
  await connect();
  devices.refusals.audio = new DOMException("", "NotAllowedError");
  const call = calls.start({ calleeIds: ["bob"], kind: "video" });
  const problems = [];
  call.on("problem", (source, error) => problems.push([source, error.name]));
  await settle();
  assert.deepEqual(problems, [["microphone", "NotAllowedError"]]);
  assert.deepEqual(call.media.shown, { microphone: false, camera: true, screen: false });
  await push("joined", { ann: "joined", bob: "joined" }, { state: "active" });
  assert.equal(world.open[0].senders.length, 1);
  delete devices.refusals.audio;
  await call.media.set("microphone", true);
  assert.equal(call.media.shown.microphone, true);
  assert.equal(world.open[0].senders.length, 2);
});

test("a muted microphone stays open, a camera that is off is let go", async () => {
  const call = await talk();
  const [microphone] = devices.tracks;
  await call.media.set("microphone", false);
  assert.deepEqual([microphone.enabled, microphone.readyState], [false, "live"]);
  await call.media.set("microphone", true);
  assert.equal(microphone.enabled, true);
  await call.media.set("camera", true);
  const [, camera] = devices.tracks;
  assert.equal(world.open[0].senders[1].track, camera);
  await call.media.set("camera", false);
  assert.equal(camera.readyState, "ended");
  assert.equal(world.open[0].senders[1].track, null);
});

test("a screen takes the place of the camera until it is shared no more", async () => {
  const call = await talk();
  await call.media.set("camera", true);
  const [, camera] = devices.tracks;
  await call.media.set("screen", true);
  const [, , screen] = devices.tracks;
  assert.equal(world.open[0].senders[1].track, screen);
  assert.deepEqual(call.media.shown, { microphone: true, camera: true, screen: true });
  // The browser's own "stop sharing".
  screen.end();
  assert.equal(world.open[0].senders[1].track, camera);
  assert.equal(call.media.shown.screen, false);
});

test("another microphone takes the place of the first, as muted as that was", async () => {
  const call = await talk();
  await call.media.set("microphone", false);
  await call.media.choose("microphone", "audio 2");
  const [first, second] = devices.tracks;
  assert.equal(call.media.chosen("microphone"), "audio 2");
  assert.deepEqual([first.readyState, second.readyState, second.enabled], ["ended", "live", false]);
  assert.equal(world.open[0].senders[0].track, second);
});

test("what is granted after the call, or after a change of mind, is let go at once", async () => {
  await connect();
  let decide;
  devices.thought = new Promise((resolve) => (decide = resolve));
  const call = calls.start({ calleeIds: ["bob"], kind: "audio" });
  await settle();
  call.media.set("camera", true);
  call.media.set("camera", false);
  call.hangUp();
  decide();
  await settle();
  assert.equal(devices.tracks.length, 2);
  assert.ok(devices.tracks.every(({ readyState }) => readyState === "ended"));
});

test("credentials are renewed before they end, for the lines there are", async () => {
  await connect();
  const end = Math.floor(Date.now() / 1000) + 3_600;
  const first = [{ urls: ["turn:turn"], username: `${end}:ann`, credential: "1" }];
  const call = data({ ann: "joined", bob: "joined" }, { state: "active" });
  server.answers.startCall = () => ({ status: 201, call, iceServers: first });
  calls.start({ calleeIds: ["bob"], kind: "audio" });
  await settle();
  assert.deepEqual(world.open[0].configuration.iceServers, first);
  server.iceServers = TURN;
  await pass(3_600_000 - 5 * 60_000 - 2_000);
  assert.deepEqual(world.open[0].configuration.iceServers, first);
  await pass(2_000);
  assert.deepEqual(world.open[0].configuration.iceServers, TURN);
});

test("calls that were missed are known of, also those missed while one was away", async () => {
  const missed = (number) => ({
    callId: `c${number}`,
    state: "ended",
    createdAt: `2026-01-0${number}T00:00:00.000Z`,
  });
  server.calls = [
    data({ ann: "left", bob: "left" }, missed(3)),
    data({ bob: "left", ann: "missed" }, missed(2)),
    data({ bob: "left", ann: "missed" }, missed(1)),
  ];
  await connect();
  assert.equal(calls.missedAt, "2026-01-02T00:00:00.000Z");
  await push("ringing", { bob: "joined", ann: "ringing" }, { ...missed(4), state: "ringing" });
  await push("ended", { bob: "left", ann: "missed" }, missed(4));
  assert.equal(calls.missedAt, "2026-01-04T00:00:00.000Z");
  assert.equal((await calls.list()).calls.length, 3);
});

test("a call whose end was not heard of is over once a signal is refused for it", async () => {
  const call = await talk();
  server.answers.getCall = () => ({
    call: data({ ann: "left", bob: "left" }, { state: "ended", endReason: "connection_lost" }),
  });
  server.answers.sendSignal = () => ({ status: 409, error: { code: "call_ended" } });
  const count = signals().length;
  // No answer has come: it offers again.
  await pass(5_000);
  assert.equal(signals().length, count + 1);
  assert.equal(call.phase, "ended");
  assert.equal(call.reason, "connection_lost");
  assert.equal(asked("getCall").length, 1);
  assert.deepEqual(world.open, []);
});

test("who is in a call has a line that has died noticed soon, though nobody looks at the page", async () => {
  client.isWatched = false;
  await connect();
  await pass(30_000);
  assert.equal(asked("ping").length, 0);
  const call = calls.start({ calleeIds: ["bob"], kind: "audio" });
  await settle();
  await pass(25_000);
  assert.equal(asked("ping").length, 1);
  await call.hangUp();
  await settle();
  await pass(60_000);
  assert.equal(asked("ping").length, 1);
});
