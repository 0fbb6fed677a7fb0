import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { FakeTrack } from "../fake/media.js";
import { FakeWorld } from "../fake/peer_connection.js";
import { Peer } from "../peer.js";

const SHOWN = { microphone: true, camera: false, screen: false };

let world;
/** What was posted and has not arrived, as [to, signal], in its order. */
let wire;
let ann;
let bob;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000 });
  world = new FakeWorld();
  wire = [];
});

afterEach(() => {
  ann?.close();
  bob?.close();
  mock.timers.reset();
});

/** Ann is the one who gives way. */
function meet() {
  ann = newPeer(true, () => bob);
  bob = newPeer(false, () => ann);
}

function newPeer(isPolite, other, tracks = { audio: new FakeTrack("audio") }) {
  // No page is loaded twice within a millisecond, and lines are known by when they were opened.
  mock.timers.tick(1);
  const peer = new Peer({
    deviceId: "d",
    isPolite,
    configuration: { iceServers: [{ urls: ["stun:stun"] }] },
    send: async (signal) => {
      const { candidates, ...rest } = JSON.parse(JSON.stringify(signal));
      // One by one, so that each may be late or lost on its own.
      for (const each of candidates?.map((candidate) => ({ candidate })) ?? [rest]) wire.push([other, each]);
    },
    RTCPeerConnection: world.RTCPeerConnection,
  });
  peer.send(tracks, SHOWN);
  return peer;
}

async function settle() {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
}

/** Let everything arrive until nobody has anything to say. */
async function deliver() {
  await settle();
  while (wire.length > 0) {
    for (const [to, signal] of wire.splice(0)) to().receive(signal);
    await settle();
  }
}

async function pass(milliseconds) {
  mock.timers.tick(milliseconds);
  await settle();
}

/** Hand over what is on the wire in another order. */
function arrange(change) {
  wire = change(wire);
}

function candidatesFirst(signals) {
  return signals.toSorted(([, one], [, other]) => Boolean(one.description) - Boolean(other.description));
}

function areConnected() {
  assert.deepEqual([ann.state, bob.state], ["connected", "connected"]);
}

test("two who meet are connected by one offer and one answer, and candidates that trickle", async () => {
  meet();
  await settle();
  const kinds = [];
  while (wire.length > 0) {
    const [to, signal] = wire.shift();
    kinds.push(signal.description?.type ?? "candidate");
    to().receive(signal);
    await settle();
  }
  areConnected();
  assert.deepEqual(
    kinds.filter((kind) => kind !== "candidate"),
    ["offer", "answer"],
  );
  assert.equal(kinds.filter((kind) => kind === "candidate").length, 6);
  assert.equal(ann.tracks.audio.kind, "audio");
  assert.deepEqual(bob.shown, SHOWN);
});

test("the polite one offers when the other does not", async () => {
  ann = newPeer(true, () => ({ receive: () => {} }));
  await settle();
  await pass(1_999);
  assert.deepEqual(wire, []);
  await pass(1);
  assert.ok(wire.some(([, { description }]) => description?.type === "offer"));
});

test("what the polite one alone has to send is offered, though the other's offer came first", async () => {
  for (const isBusy of [false, true]) {
    world.isBusy = isBusy;
    bob = newPeer(false, () => ann, {});
    await settle();
    ann = newPeer(true, () => bob);
    for (const [to, signal] of wire.splice(0)) to().receive(signal);
    await deliver();
    await pass(2_000);
    await deliver();
    areConnected();
    assert.equal(bob.tracks.audio?.kind, "audio");
    ann.close();
    bob.close();
  }
});

test("where two offers meet the polite one's is taken back, whichever comes first", async () => {
  for (const order of [(signals) => signals, (signals) => signals.toReversed()]) {
    meet();
    await settle();
    await pass(2_000);
    assert.equal(wire.filter(([, { description }]) => description?.type === "offer").length, 2);
    arrange(order);
    await deliver();
    areConnected();
    assert.deepEqual(
      world.open.map(({ rollbacks }) => rollbacks),
      [1, 0],
    );
    assert.equal(ann.tracks.audio.kind, "audio", "what was in the offer taken back is sent all the same");
    assert.equal(bob.tracks.audio.kind, "audio");
    ann.close();
    bob.close();
  }
});

test("offers that meet in the middle of a call change nothing for it", async () => {
  meet();
  await deliver();
  ann.send({ audio: new FakeTrack("audio"), video: new FakeTrack("video") }, { ...SHOWN, camera: true });
  bob.send({ audio: new FakeTrack("audio"), video: new FakeTrack("video") }, { ...SHOWN, camera: true });
  await settle();
  assert.deepEqual(wire.map(([, { description }]) => description?.type).filter(Boolean), ["offer", "offer"]);
  await deliver();
  areConnected();
  assert.equal(world.open[0].rollbacks, 1);
  assert.equal(ann.tracks.video.kind, "video");
  assert.equal(bob.tracks.video.kind, "video");
  assert.equal(ann.shown.camera, true);
});

test("candidates before their description are kept for it", async () => {
  meet();
  await settle();
  arrange(candidatesFirst);
  assert.ok(wire[0][1].candidate);
  for (const [to, signal] of wire.splice(0)) {
    to().receive(signal);
    await settle();
  }
  arrange((signals) => signals.toReversed());
  await deliver();
  areConnected();
  assert.deepEqual(
    world.open.map(({ candidates }) => candidates.length),
    [3, 3],
  );
});

test("signals that come twice change nothing", async () => {
  meet();
  await settle();
  while (wire.length > 0) {
    for (const [to, signal] of wire.splice(0)) {
      to().receive(signal);
      to().receive(signal);
    }
    await settle();
  }
  areConnected();
  await pass(60_000);
  assert.deepEqual(wire, [], "nobody has anything left to ask");
});

for (const lost of ["offer", "answer"]) {
  test(`an ${lost} that was lost is made up for`, async () => {
    meet();
    await settle();
    for (let round = 0; round < 3; round += 1) {
      for (const [to, signal] of wire.splice(0)) if (signal.description?.type !== lost) to().receive(signal);
      await settle();
    }
    assert.notEqual(ann.state, "connected");
    await pass(5_000);
    await deliver();
    areConnected();
  });
}

test("candidates that were lost are made up for by a restart", async () => {
  meet();
  await settle();
  for (let round = 0; round < 3; round += 1) {
    for (const [to, signal] of wire.splice(0)) if (signal.description) to().receive(signal);
    await settle();
  }
  assert.notEqual(ann.state, "connected");
  await pass(5_000);
  await deliver();
  areConnected();
});

test("a line that has failed is restarted at once, one that is gone for a moment is given time", async () => {
  meet();
  await deliver();
  const [one, other] = world.open;
  one.break("disconnected");
  other.break("disconnected");
  await pass(4_999);
  assert.deepEqual(wire, []);
  await pass(1);
  assert.ok(wire.length > 0);
  await deliver();
  areConnected();
  one.break("failed");
  other.break("failed");
  await settle();
  assert.ok(wire.length > 0);
  await deliver();
  areConnected();
});

test("candidates of a restart that overtake its offer are kept, those from before it do no harm", async () => {
  meet();
  await deliver();
  const [one, other] = world.open;
  one.break("disconnected");
  other.break("disconnected");
  bob.mend();
  await settle();
  arrange(candidatesFirst);
  assert.equal(wire.at(-1)[1].description.type, "offer");
  ann.receive({ candidate: { candidate: "of old", usernameFragment: "9-9" } });
  await deliver();
  areConnected();
});

for (const isPolite of [true, false]) {
  test(`a${isPolite ? " polite" : "n impolite"} one who comes back with another connection is met with another one`, async () => {
    meet();
    await deliver();
    if (isPolite) {
      ann.close();
      ann = newPeer(true, () => bob);
      world.open[0].break("failed");
    } else {
      bob.close();
      bob = newPeer(false, () => ann);
    }
    await deliver();
    areConnected();
    assert.equal(world.open.length, 2);
    assert.equal(ann.tracks.audio.kind, "audio");
    assert.equal(bob.tracks.audio.kind, "audio");
  });
}

test("what is for a line that is no more, or from one, changes nothing", async () => {
  meet();
  await settle();
  const [[, offer]] = wire.filter(([, { description }]) => description);
  await deliver();
  bob.close();
  bob = newPeer(false, () => ann);
  await settle();
  // An offer of the line before, which the server had kept, and an answer that it would have had.
  ann.receive({ description: { ...offer.description, line: 1 } });
  bob.receive({ description: { ...offer.description, type: "answer", line: 2 ** 50, answers: 1 } });
  await deliver();
  areConnected();
  assert.equal(world.connections.length, 4);
});

test("one that does not number its lines is known by their fingerprints", async () => {
  meet();
  await settle();
  const strip = (signals) => {
    for (const [, { description }] of signals) if (description) delete description.line;
    for (const [, { description }] of signals) if (description) delete description.answers;
    return signals;
  };
  const deliverStripped = async () => {
    await settle();
    while (wire.length > 0) {
      for (const [to, signal] of strip(wire.splice(0))) to().receive(signal);
      await settle();
    }
  };
  await deliverStripped();
  areConnected();
  bob.close();
  bob = newPeer(false, () => ann);
  await deliverStripped();
  areConnected();
  assert.equal(world.connections.length, 4);
});

test("a track takes the place of another without a word to the server", async () => {
  meet();
  await deliver();
  const next = new FakeTrack("audio");
  ann.send({ audio: next }, { ...SHOWN, microphone: false });
  await settle();
  assert.deepEqual(wire, []);
  assert.equal(world.open[0].senders[0].track, next);
  assert.equal(bob.shown.microphone, false);
  ann.send({}, SHOWN);
  assert.equal(world.open[0].senders[0].track, null);
});

test("what makes no sense is passed over", async () => {
  meet();
  ann.receive({ description: { type: "offer", sdp: "nonsense" } });
  ann.receive({ candidate: { candidate: "x", usernameFragment: "y" } });
  ann.receive({});
  await deliver();
  areConnected();
});

test("no more candidates are kept for a description that never comes than the server would keep", async () => {
  meet();
  for (let number = 0; number < 500; number += 1)
    ann.receive({ candidate: { candidate: String(number), usernameFragment: "2-1" } });
  await deliver();
  assert.ok(world.open[0].candidates.length <= 64 + 3);
});

test("newer credentials are used from then on, and after a close nothing happens any more", async () => {
  meet();
  await deliver();
  ann.setIceServers([{ urls: ["turn:new"] }]);
  assert.deepEqual(world.open[0].configuration.iceServers, [{ urls: ["turn:new"] }]);
  ann.close();
  bob.close();
  ann.receive({ description: { type: "offer", sdp: "v=0" } });
  await pass(60_000);
  assert.deepEqual(wire, []);
});
