import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "../../../clients/js/client.js";
import { FakeServer } from "../../../clients/js/fake/server.js";
import { Session } from "../../../clients/js/session.js";
import { Outboxes } from "../../../web/outboxes.js";

/** As a browser's: what it holds are properties of its own. */
class FakeStorage {
  getItem(key) {
    return this[key] ?? null;
  }

  setItem(key, value) {
    this[key] = value;
  }

  removeItem(key) {
    delete this[key];
  }
}

const nobody = () => false;

function newPage(server, outboxes) {
  const session = new Session();
  session.keep({ userId: "ann", accessToken: "a", refreshToken: "r", expiresIn: 1e9 }, Date.now());
  const { fetch, WebSocket } = server;
  return new Client({ url: "http://server", session, passing: outboxes, fetch, WebSocket });
}

async function settle() {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
}

function texts(outboxes) {
  return JSON.parse(outboxes.getItem() ?? "[]").map(({ text }) => text);
}

test("what a page has not sent before it was closed is sent once by the next", async () => {
  const server = new FakeServer();
  const storage = new FakeStorage();
  const closed = newPage(server, new Outboxes("ann", "closed", storage));
  closed.send("chat", "in a tunnel");
  closed.send("chat", "and on");
  closed.stop();

  const outboxes = new Outboxes("ann", "next", storage);
  outboxes.adopt(nobody);
  const next = newPage(server, outboxes);
  next.start();
  await settle();
  next.stop();
  assert.deepEqual(
    server.messages.map(({ text }) => text),
    ["in a tunnel", "and on"],
  );
  assert.deepEqual(texts(outboxes), []);
});

test("pages that are open keep their outboxes to themselves", () => {
  const storage = new FakeStorage();
  const pending = (text) => JSON.stringify([{ clientMessageId: text, text }]);
  const [one, other, next] = ["one", "other", "next"].map((id) => new Outboxes("ann", id, storage));
  const stranger = new Outboxes("bob", "one", storage);
  const all = [one, other, next, stranger];
  all.forEach((outboxes, index) => outboxes.setItem("", pending(`${index + 1}`)));
  next.adopt((deviceId) => deviceId === "one");
  assert.deepEqual(all.map(texts), [["1"], [], ["2", "3"], ["4"]]);
  next.adopt(nobody);
  assert.deepEqual(all.map(texts), [[], [], ["1", "2", "3"], ["4"]]);
  // Taken over by two pages at the same moment.
  one.setItem("", pending("3"));
  next.adopt(nobody);
  assert.deepEqual(texts(next).toSorted(), ["1", "2", "3"]);
  // What is garbled is nothing.
  one.setItem("", "{");
  next.adopt(nobody);
  assert.deepEqual(texts(next).toSorted(), ["1", "2", "3"]);
});

test("nothing of anybody's page stays once they log out", () => {
  const storage = new FakeStorage();
  const all = ["one", "other"].map((id) => new Outboxes("ann", id, storage));
  for (const outboxes of all) outboxes.setItem("", "[]");
  new Outboxes("bob", "one", storage).setItem("", "[]");
  all[0].forget();
  // An answer that is still on its way changes nothing of that.
  all[0].setItem("", "[]");
  assert.deepEqual(Object.keys(storage), ["kaiwa.outbox.bob.one"]);
});
