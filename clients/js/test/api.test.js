import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Account } from "../account.js";
import { Api } from "../api.js";
import { ConnectionLost, Problem } from "../errors.js";
import { Session } from "../session.js";
import { FleetingStorage, Shelf } from "../shelf.js";

const NOW = 1_000_000;

let session;
let requests;
let answers;
let ended;

beforeEach(() => {
  session = new Session(new Shelf(new FleetingStorage(), "session"));
  session.keep({ userId: "ann", accessToken: "old", refreshToken: "refresh", expiresIn: 3600 }, NOW);
  ended = [];
  session.on("ended", (reason) => ended.push(reason));
  requests = [];
  answers = {};
});

function api(now = NOW) {
  return new Api({ url: "http://server/", session, fetch, now: () => now });
}

async function fetch(url, options) {
  const request = {
    route: `${options.method} ${url.replace("http://server", "")}`,
    token: options.headers.Authorization,
    body: options.body && JSON.parse(options.body),
  };
  requests.push(request);
  await new Promise(setImmediate);
  const answer = answers[request.route];
  return answer(request);
}

function json(status, body, headers) {
  return new Response(JSON.stringify(body), { status, headers });
}

function onlyWith(token) {
  return (request) =>
    request.token === `Bearer ${token}` ? json(200, { ok: true }) : json(401, { message: "Unauthorized" });
}

const renewed = () => json(200, { userId: "ann", accessToken: "new", expiresIn: 3600 });

test("a request carries the token, the query and the body", async () => {
  answers["GET /users?username=a%26b"] = () => json(200, { users: [] });
  answers["POST /chats"] = () => json(201, { chatId: "c" });
  await api().request("GET", "/users", { query: { username: "a&b", cursor: undefined } });
  assert.deepEqual(await api().request("POST", "/chats", { body: { kind: "direct" } }), { chatId: "c" });
  assert.deepEqual(
    requests.map(({ token }) => token),
    ["Bearer old", "Bearer old"],
  );
  assert.deepEqual(requests[1].body, { kind: "direct" });
});

test("problem+json becomes a Problem with its code and fields", async () => {
  answers["POST /users"] = () =>
    json(400, {
      type: "about:blank",
      title: "Bad Request",
      status: 400,
      code: "invalid_request",
      detail: "No.",
      requestId: "r",
      errors: [{ field: "password", message: "is weak" }],
    });
  await assert.rejects(new Account(api()).register({}), (error) => {
    assert.ok(error instanceof Problem);
    assert.deepEqual(
      [error.status, error.code, error.message, error.requestId],
      [400, "invalid_request", "No.", "r"],
    );
    assert.deepEqual(error.fields, { password: "is weak" });
    return !error.isTemporary;
  });
});

test("a refusal in other words still has its status and its wait", async () => {
  answers["GET /chats"] = () => new Response("<html>", { status: 429, headers: { "Retry-After": "7" } });
  await assert.rejects(
    api().request("GET", "/chats"),
    (error) => error.status === 429 && error.retryAfter === 7 && error.isTemporary,
  );
});

test("refused tokens are renewed once for all, and each request is made again", async () => {
  answers["GET /chats"] = onlyWith("new");
  answers["POST /sessions/refresh"] = renewed;
  const client = api();
  const results = await Promise.all([
    client.request("GET", "/chats"),
    client.request("GET", "/chats"),
    client.request("GET", "/chats"),
  ]);
  assert.deepEqual(results, [{ ok: true }, { ok: true }, { ok: true }]);
  const refreshes = requests.filter(({ route }) => route === "POST /sessions/refresh");
  assert.deepEqual(
    refreshes.map(({ body }) => body),
    [{ refreshToken: "refresh" }],
  );
  assert.equal(session.refreshToken, "refresh", "what the answer leaves out stays");
});

test("a token about to expire is renewed before it is used", async () => {
  answers["GET /chats"] = onlyWith("new");
  answers["POST /sessions/refresh"] = renewed;
  await api(NOW + 3_571_000).request("GET", "/chats");
  assert.deepEqual(
    requests.map(({ route }) => route),
    ["POST /sessions/refresh", "GET /chats"],
  );
});

test("when the renewal is refused the session ends", async () => {
  answers["GET /chats"] = onlyWith("new");
  answers["POST /sessions/refresh"] = () => json(401, { code: "wrong_credentials", status: 401 });
  await assert.rejects(api().request("GET", "/chats"), (error) => error.status === 401);
  assert.deepEqual(ended, ["expired"]);
  assert.equal(session.isOpen, false);
});

test("when the renewal cannot be reached the session stays", async () => {
  answers["GET /chats"] = onlyWith("new");
  answers["POST /sessions/refresh"] = () => Promise.reject(new TypeError("no network"));
  await assert.rejects(api().request("GET", "/chats"), ConnectionLost);
  assert.deepEqual(ended, []);
  assert.equal(session.accessToken, "old");
});

test("a wrong password at the log-in ends no session and renews nothing", async () => {
  answers["POST /sessions"] = () => json(401, { code: "wrong_credentials", status: 401 });
  await assert.rejects(
    new Account(api()).logIn({ email: "e", password: "p" }),
    (error) => error.code === "wrong_credentials",
  );
  assert.equal(requests.length, 1);
  assert.deepEqual(ended, []);
});

test("an aborted request says so, not that the connection was lost", async () => {
  const controller = new AbortController();
  answers["GET /users"] = () => Promise.reject(controller.signal.reason);
  controller.abort();
  await assert.rejects(api().request("GET", "/users", { signal: controller.signal }), { name: "AbortError" });
});

test("no answer body is undefined", async () => {
  answers["DELETE /sessions"] = () => new Response(null, { status: 204 });
  assert.equal(await api().request("DELETE", "/sessions"), undefined);
});

/** Answer a route only once something else has happened. */
function after(happening, answer) {
  return (request) => {
    happening();
    return answer(request);
  };
}

test("who has logged out stays logged out, whatever was on its way", async () => {
  answers["GET /chats"] = onlyWith("new");
  answers["POST /sessions/refresh"] = after(() => session.end("left"), renewed);
  await assert.rejects(api().request("GET", "/chats"), ConnectionLost);
  assert.equal(session.isOpen, false);
  assert.deepEqual(ended, ["left"]);
  assert.equal(requests.length, 2, "nothing more is asked for in nobody's name");
});

for (const [name, answer] of [
  ["given", renewed],
  ["refused", () => json(401, { code: "wrong_credentials", status: 401 })],
])
  test(`a renewal of the session before that is ${name} late leaves the next person's alone`, async () => {
    const next = { userId: "bob", accessToken: "bob's", refreshToken: "his", expiresIn: 3600 };
    answers["GET /chats"] = onlyWith("new");
    answers["POST /sessions/refresh"] = after(() => {
      session.end("left");
      session.keep(next, NOW);
    }, answer);
    await assert.rejects(api().request("GET", "/chats"));
    assert.deepEqual([session.userId, session.accessToken], ["bob", "bob's"]);
    assert.deepEqual(ended, ["left"]);
    assert.deepEqual(
      requests.map(({ token }) => token),
      ["Bearer old", undefined],
      "what ann asked for is not asked for in bob's name",
    );
  });

test("a second refusal ends no session that has begun meanwhile", async () => {
  answers["POST /sessions/refresh"] = renewed;
  answers["GET /chats"] = ({ token }) => {
    if (token === "Bearer new")
      session.keep({ accessToken: "newer", refreshToken: "newer", expiresIn: 3600 }, NOW);
    return json(401, { message: "Unauthorized" });
  };
  await assert.rejects(api().request("GET", "/chats"), (error) => error.status === 401);
  assert.deepEqual(ended, []);
});
