import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ConnectionLost, Problem } from "../errors.js";
import { Upload } from "../upload.js";

const MIB = 1024 * 1024;
const SIZE = 70 * MIB;
const PART = 16 * MIB;

/** S3 and the server as an upload sees them: which parts arrived, and what runs into which fault. */
class FakeStore {
  requests = [];
  /** @type {Map<string, Blob>} What arrived, by URL without its age. */
  arrived = new Map();
  moving = 0;
  mostAtOnce = 0;
  /** @type {((url: string) => Error | undefined)} */
  fault = () => undefined;
  /** Errors of the next requests to the server. */
  faults = [];
  waits = 0;
  form = undefined;

  request = async (method, path, { body, signal } = {}) => {
    this.requests.push(`${method} ${path}`);
    await new Promise(setImmediate);
    signal?.throwIfAborted();
    const fault = this.faults.shift();
    if (fault) throw fault;
    if (path === "/files/uploads") this.size = body.size;
    if (path === "/files/uploads" || path === "/files/f/parts") return { fileId: "f", upload: this.target() };
    return { fileId: "f", size: this.size };
  };

  target() {
    if (this.form) return { method: "POST", url: "form", fields: this.form };
    const count = Math.ceil(this.size / PART);
    const parts = Array.from({ length: count }, (_, index) => ({
      number: index + 1,
      url: `part ${index + 1}`,
      size: Math.min(PART, this.size - index * PART),
    }));
    return { method: "PUT", parts: parts.filter(({ url }) => !this.arrived.has(url)) };
  }

  transfer = async (method, url, body, { onProgress, signal }) => {
    this.requests.push(`${method} ${url}`);
    this.moving += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.moving);
    onProgress(1);
    await new Promise(setImmediate);
    this.moving -= 1;
    signal.throwIfAborted();
    const fault = this.fault(url);
    if (fault) throw fault;
    this.arrived.set(url, body);
  };

  upload(content) {
    const wait = async () => void (this.waits += 1);
    const upload = new Upload({ api: this, content, name: "x", transfer: this.transfer, wait });
    upload.start();
    return upload;
  }
}

let store;
let content;

beforeEach(() => {
  store = new FakeStore();
  content = new Blob([Uint8Array.from({ length: SIZE / MIB }, (_, index) => index), new Uint8Array(SIZE - 70)]);
});

async function whole() {
  const parts = [...store.arrived].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
  return Buffer.from(await new Blob(parts.map(([, blob]) => blob)).arrayBuffer());
}

test("parts go a few at once and make the file", async () => {
  const upload = store.upload(content);
  const seen = [];
  upload.on("changed", () => seen.push(upload.progress));
  await upload.finished();
  assert.equal(store.mostAtOnce, 3);
  assert.equal(store.arrived.size, 5);
  assert.ok((await whole()).equals(Buffer.from(await content.arrayBuffer())));
  assert.equal(store.requests.at(-1), "POST /files/f/complete");
  assert.ok(seen.every((progress) => progress >= 0 && progress <= 1));
  assert.equal(upload.progress, 1);
});

for (const lost of ["part 1", "part 3", "part 5"]) {
  test(`after ${lost} was lost with the line, only what is missing is sent again`, async () => {
    let isLost = false;
    store.fault = (url) => {
      if (url !== lost || isLost) return undefined;
      isLost = true;
      return new ConnectionLost();
    };
    await store.upload(content).finished();
    assert.ok((await whole()).equals(Buffer.from(await content.arrayBuffer())));
    const sent = store.requests.filter((request) => request.startsWith("PUT"));
    assert.equal(sent.filter((request) => request === `PUT ${lost}`).length, 2);
    assert.equal(new Set(sent).size, 5);
    assert.equal(store.requests.filter((request) => request === "POST /files/f/parts").length, 1);
    assert.equal(store.waits, 1);
  });
}

test("a lost line is waited for, however long; nothing is announced twice", async () => {
  store.faults = [undefined, ...Array(20).fill(new ConnectionLost())];
  await store.upload(content).finished();
  assert.equal(store.waits, 20);
  assert.equal(store.requests.filter((request) => request === "POST /files/uploads").length, 1);
  // Only the last step was repeated.
  assert.equal(store.requests.filter((request) => request.startsWith("PUT")).length, 5);
});

test("URLs that grew too old are asked for anew, but not for ever", async () => {
  store.fault = () => new Problem({ status: 403, code: "upload_refused" });
  const upload = store.upload(content);
  await assert.rejects(upload.finished(), Problem);
  assert.equal(upload.state, "failed");
  assert.equal(store.waits, 4);

  store.fault = () => undefined;
  upload.start();
  await upload.finished();
  assert.ok((await whole()).equals(Buffer.from(await content.arrayBuffer())));
});

test("who may not upload for a long time is told so, rather than kept waiting", async () => {
  store.faults = [new Problem({ status: 429, code: "rate_limited", retryAfter: 3600 })];
  await assert.rejects(store.upload(content).finished(), { code: "rate_limited" });
  assert.equal(store.waits, 0);
});

test("what the store refuses for good fails at once", async () => {
  store.fault = () => new Problem({ status: 400, code: "upload_refused" });
  await assert.rejects(store.upload(content).finished(), Problem);
  assert.equal(store.waits, 0);
});

test("a form carries its fields, and the file last", async () => {
  store.form = { key: "k", policy: "p" };
  await store.upload(content.slice(0, 5 * MIB)).finished();
  const form = store.arrived.get("form");
  assert.deepEqual([...form.keys()], ["key", "policy", "file"]);
  assert.equal(form.get("file").size, 5 * MIB);
});

test("who cancels is obeyed here and on the server", async () => {
  const upload = store.upload(content);
  await new Promise((resolve) => {
    const stop = upload.on("changed", () => upload.progress > 0 && (stop(), resolve()));
  });
  await upload.cancel();
  assert.equal(upload.state, "cancelled");
  assert.equal(store.requests.at(-1), "DELETE /files/f");
  await assert.rejects(upload.finished(), { name: "AbortError" });
  assert.equal(store.requests.includes("POST /files/f/complete"), false);
});

const TEXTS = ["text/plain", "text/csv; charset=shift_jis", "application/json", "image/svg+xml", "text/javascript"];
for (const type of TEXTS)
  test(`${type}, which the gateway would take for UTF-8, goes to the store however small it is`, async () => {
    store.form = {};
    const shiftJis = new Blob([Uint8Array.of(0x89, 0xef, 0x98, 0x62)], { type });
    await store.upload(shiftJis).finished();
    assert.deepEqual(store.requests, ["POST /files/uploads", "POST form", "POST /files/f/complete"]);
    const sent = store.arrived.get("form").get("file");
    assert.deepEqual([...new Uint8Array(await sent.arrayBuffer())], [0x89, 0xef, 0x98, 0x62]);
  });

const DOCUMENT = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
for (const type of ["", "image/png", "application/pdf", DOCUMENT])
  test(`a small file of ${type || "no type"} goes in one request`, async () => {
    await store.upload(new Blob(["x"], { type })).finished();
    assert.deepEqual(store.requests, ["POST /files"]);
  });
