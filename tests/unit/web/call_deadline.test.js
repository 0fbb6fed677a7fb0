import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { keepDeadline } from "../../../web/call_deadline.js";

const TIMES = { createdAt: "2026-01-01T00:00:00.000Z", ringExpiresAt: "2026-01-01T00:00:45.000Z" };

/** What the server has of the call, and how often it was asked. */
let told;
let questions;
let fault;
let call;
let onChanged;
const client = {
  calls: {
    async read() {
      questions += 1;
      if (fault) throw fault;
      return { call: told };
    },
    take({ call: data }) {
      call.data = data;
      call.isOver = data.state === "ended";
    },
  },
};

function ringing(...states) {
  return { ...TIMES, state: "ringing", participants: states.map((state) => ({ state })) };
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  questions = 0;
  fault = undefined;
  told = { ...ringing("left", "missed"), state: "ended" };
  call = { callId: "c", data: ringing("joined", "ringing"), isOver: false, on };
});

function on(_event, listener) {
  onChanged = listener;
  return () => (onChanged = undefined);
}

async function pass(milliseconds) {
  mock.timers.tick(milliseconds);
  await new Promise(setImmediate);
}

test("a call that rings past its time is asked about, until its end is known", async () => {
  keepDeadline(client, call);
  await pass(46_999);
  assert.equal(questions, 0);
  fault = new TypeError("no line");
  await pass(1);
  assert.equal(questions, 1);
  assert.ok(!call.isOver);
  fault = undefined;
  await pass(5_000);
  assert.equal(questions, 2);
  assert.ok(call.isOver);
  await pass(60_000);
  assert.equal(questions, 2);
});

test("a call that the server is still to hear of rings from then on", async () => {
  const { data } = call;
  call.data = undefined;
  keepDeadline(client, call);
  await pass(60_000);
  call.data = data;
  onChanged();
  await pass(46_000);
  onChanged();
  assert.equal(questions, 0);
  await pass(1_000);
  assert.equal(questions, 1);
});

test("where nobody rings any more, and where nobody looks any more, nothing is asked", async () => {
  keepDeadline(client, call);
  call.data = ringing("joined", "joined");
  await pass(60_000);
  const stop = keepDeadline(client, { ...call, data: ringing("joined", "ringing") });
  stop();
  assert.equal(onChanged, undefined);
  await pass(60_000);
  assert.equal(questions, 0);
});
