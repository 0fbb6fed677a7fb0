import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Api } from "../api.js";
import { ConnectionLost, Problem } from "../errors.js";
import { Files } from "../files.js";
import { Pictures } from "../pictures.js";
import { Session } from "../session.js";
import { FleetingStorage, Shelf } from "../shelf.js";

let requests;
let answers;
let files;
let now;

beforeEach(() => {
  now = 0;
  const session = new Session(new Shelf(new FleetingStorage(), "session"));
  session.keep({ userId: "ann", accessToken: "token", refreshToken: "refresh", expiresIn: 3600 }, 0);
  requests = [];
  answers = {
    "POST http://server/files": () => json(201, { fileId: "f" }),
    "GET http://server/files/f": () => json(200, { url: "http://store/f?signed" }),
    "GET http://store/f?signed": () => new Response("bytes"),
  };
  files = new Files(new Api({ url: "http://server", session, fetch, now: () => 0 }), { now: () => now });
});

async function fetch(url, { method = "GET", headers = {}, body } = {}) {
  requests.push({ method, url, headers, body });
  return answers[`${method} ${url}`]();
}

function json(status, body) {
  return new Response(JSON.stringify(body), { status });
}

test("a small file goes up as it is, under its own name", async () => {
  const content = new Blob(["x"], { type: "image/png" });
  const upload = files.upload(content, "l'été (会話) *.png");
  assert.deepEqual(await upload.finished(), { fileId: "f" });
  assert.equal(upload.state, "done");
  assert.equal(upload.progress, 1);
  const [{ headers, body }] = requests;
  assert.equal(body, content);
  assert.deepEqual(headers, {
    "Content-Type": "image/png",
    "Content-Disposition":
      "attachment; filename*=UTF-8''l%27%C3%A9t%C3%A9%20%28%E4%BC%9A%E8%A9%B1%29%20%2A.png",
    Authorization: "Bearer token",
  });
});

test("a file without a type goes up as bytes", async () => {
  await files.upload(new Blob(["x"]), "x").finished();
  assert.equal(requests[0].headers["Content-Type"], "application/octet-stream");
});

test("a refusal ends an upload, and it can be started again", async () => {
  const accept = answers["POST http://server/files"];
  answers["POST http://server/files"] = () => json(413, { code: "too_large" });
  const upload = files.upload(new Blob(["x"]), "x");
  await assert.rejects(upload.finished(), Problem);
  assert.equal(upload.state, "failed");
  answers["POST http://server/files"] = accept;
  upload.start();
  assert.deepEqual(await upload.finished(), { fileId: "f" });
});

test("a file is described once, and again where that failed", async () => {
  answers["GET http://server/files/f"] = () => json(503, { code: "unavailable" });
  await assert.rejects(files.describe("f"), Problem);
  answers["GET http://server/files/f"] = () => json(200, { url: "u", file: { name: "x" } });
  assert.deepEqual(await files.describe("f"), { name: "x" });
  assert.deepEqual(await files.describe("f"), { name: "x" });
  assert.equal(requests.length, 2);
});

test("bytes come from where the server says, and the token does not go there", async () => {
  assert.equal(await (await files.download("f")).text(), "bytes");
  assert.equal(requests[0].headers.Accept, "application/json");
  assert.equal(requests[1].headers.Authorization, undefined);
});

test("bytes that do not come are a lost connection, and a refusal is the server's", async () => {
  answers["GET http://store/f?signed"] = () => new Response("late", { status: 403 });
  await assert.rejects(files.download("f"), ConnectionLost);
  answers["GET http://server/files/f"] = () => json(404, { code: "file_not_found" });
  await assert.rejects(files.download("f"), Problem);
});

test("a thumbnail comes by the URL that the description came with, while that is good", async () => {
  answers["GET http://server/files/f"] = () =>
    json(200, { url: "http://store/f?signed", thumbnailUrl: "http://store/t?signed", file: { fileId: "f" } });
  answers["GET http://store/t?signed"] = () => new Response("small");
  await files.describe("f");
  assert.equal(await (await files.thumbnail("f")).text(), "small");
  assert.deepEqual(addresses(), ["http://server/files/f", "http://store/t?signed"]);
  now += 4 * 60_000;
  await files.thumbnail("f");
  assert.deepEqual(addresses().slice(2), ["http://server/files/f", "http://store/t?signed"]);
});

test("a picture without a thumbnail stands for itself", async () => {
  assert.equal(await (await files.thumbnail("f")).text(), "bytes");
});

test("a file that is not what it was is asked for anew, and who shows it is told", async () => {
  describeAs({ fileId: "f" });
  const told = [];
  files.on("changed", (fileId) => told.push(fileId));
  await files.describe("f");
  describeAs({ fileId: "f", width: 5 });
  files.change("f");
  assert.deepEqual(told, ["f"]);
  assert.equal((await files.describe("f")).width, 5);
});

test("after a loss of the line only what may have changed is asked for anew", async () => {
  const told = [];
  files.on("changed", (fileId) => told.push(fileId));
  for (const [fileId, file] of Object.entries({
    plain: { contentType: "text/plain" },
    pending: { contentType: "text/plain", scanState: "pending" },
    picture: { contentType: "image/png", width: 5 },
    raw: { contentType: "image/png" },
  })) {
    answers[`GET http://server/files/${fileId}`] = () => json(200, { url: "u", file });
    await files.describe(fileId);
  }
  answers["GET http://server/files/absent"] = () => json(404, { code: "file_not_found" });
  await assert.rejects(files.describe("absent"), Problem);
  files.distrust();
  assert.deepEqual(told.sort(), ["absent", "pending", "raw"]);
});

test("one's own files are listed, and who shows a deleted one is told", async () => {
  answers["GET http://server/files"] = () => json(200, { files: [{ fileId: "f" }], nextCursor: "n" });
  answers["GET http://server/files?cursor=n"] = () => json(200, { files: [] });
  answers["DELETE http://server/files/f"] = () => new Response(null, { status: 204 });
  const { nextCursor } = await files.list();
  assert.deepEqual(await files.list(nextCursor), { files: [] });
  const told = [];
  files.on("changed", (fileId) => told.push(fileId));
  await files.remove("f");
  assert.deepEqual(told, ["f"]);
});

test("who waits for a scan hears how it ends", async () => {
  describeAs({ fileId: "f", scanState: "pending" });
  const clean = files.scanned("f");
  await settle();
  describeAs({ fileId: "f" });
  files.change("other");
  files.change("f");
  assert.deepEqual(await clean, { fileId: "f" });

  describeAs({ fileId: "f", scanState: "pending" });
  files.change("f");
  const infected = files.scanned("f");
  await settle();
  answers["GET http://server/files/f"] = () => json(404, { code: "file_not_found" });
  files.change("f");
  await assert.rejects(infected, Problem);
});

function describeAs(file) {
  answers["GET http://server/files/f"] = () => json(200, { url: "http://store/f?signed", file });
}

function addresses() {
  return requests.map(({ url }) => url);
}

/** @returns {Promise<string>} The file whose picture is ready. */
function ready(pictures) {
  return new Promise((resolve) => pictures.on("ready", resolve));
}

test("a picture is fetched once, however often it is shown", async () => {
  const pictures = new Pictures((fileId) => files.download(fileId));
  const told = ready(pictures);
  assert.equal(pictures.get("f"), undefined);
  assert.equal(pictures.get("f"), undefined);
  assert.equal(await told, "f");
  assert.match(pictures.get("f"), /^blob:/);
  assert.equal(requests.length, 2);
  pictures.forget();
});

test("a picture that is let go of is fetched anew", async () => {
  const pictures = new Pictures((fileId) => files.download(fileId));
  pictures.get("f");
  await ready(pictures);
  pictures.drop("f");
  assert.equal(pictures.get("f"), undefined);
  await ready(pictures);
  assert.match(pictures.get("f"), /^blob:/);
  pictures.forget();
});

test("a picture that is no more is not asked for again; one that could not be fetched is", async () => {
  const pictures = new Pictures((fileId) => files.download(fileId));
  answers["GET http://server/files/f"] = () => json(404, { code: "file_not_found" });
  pictures.get("f");
  await settle();
  pictures.get("f");
  await settle();
  assert.equal(requests.length, 1);

  answers["GET http://server/files/g"] = () => json(503, { code: "unavailable" });
  pictures.get("g");
  await settle();
  pictures.get("g");
  await settle();
  assert.equal(requests.length, 3);
});

async function settle() {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
}
