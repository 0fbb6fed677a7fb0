/** Every operation of docs/openapi.json and docs/asyncapi.json is asked for by a method, where the server has it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Account, Api, Client, Problem, Session } from "../index.js";
import { Files } from "../files.js";

/** Where each operation is, by its name: a route, an action, or both. @type {Map<string, {route?: string, action: boolean}>} */
const operations = new Map();
for (const [path, methods] of Object.entries(read("openapi").paths))
  for (const [method, { operationId }] of Object.entries(methods))
    if (operationId) operations.set(operationId, { route: `${method.toUpperCase()} ${path}`, action: false });
for (const [name, { action }] of Object.entries(read("asyncapi").operations))
  // To ping is the socket's own business.
  if (action === "receive" && name !== "ping")
    operations.set(name, { ...operations.get(name), action: true });

function read(name) {
  return JSON.parse(readFileSync(new URL(`../../../docs/${name}.json`, import.meta.url), "utf8"));
}

const LARGE = 5 * 1024 * 1024;

/** What answers any question well enough to go on. */
const ANYTHING = {
  userId: "ann",
  accessToken: "a",
  refreshToken: "r",
  expiresIn: 60,
  ticket: "t",
  url: "ws://server/socket",
  serverTime: "2026-01-01T00:00:00Z",
  connectionExpiresAt: "2026-01-01T02:00:00Z",
  deviceId: "d",
  calls: [],
  chatId: "c",
  memberIds: [],
  admins: [],
  lastSeq: 0,
  messageId: "m",
  users: [],
  chats: [],
  blocks: [],
  events: [],
  messages: [],
  files: [],
  fileId: "f",
  upload: { method: "PUT", parts: [{ number: 1, url: "http://store", size: LARGE }] },
};

/** A peer that has something to tell as soon as it is made. */
class PeerConnection {
  connectionState = "new";
  signalingState = "stable";
  remoteDescription = null;
  localDescription = { type: "offer", sdp: "" };

  constructor() {
    setImmediate(() => this.onnegotiationneeded());
  }

  createDataChannel() {
    return {};
  }

  async setLocalDescription() {}

  close() {}
}

/** A client of a server that says yes to everything, and what it was asked. */
function newWorld() {
  const asked = [];
  const fetch = async (url, { method }) => {
    asked.push(`${method} ${new URL(url).pathname}`);
    return Response.json(ANYTHING);
  };
  class WebSocket {
    constructor() {
      queueMicrotask(() => this.onopen());
    }

    send(text) {
      const { action, requestId } = JSON.parse(text);
      asked.push(action);
      queueMicrotask(() => {
        const data = { ...ANYTHING, call: callOf("joined") };
        const frame = { type: "reply", action, requestId, status: 200, data };
        this.onmessage?.({ data: JSON.stringify(frame) });
      });
    }

    close() {}
  }
  const url = "http://server";
  const session = new Session();
  session.keep({ userId: "ann", accessToken: "a", refreshToken: "r", expiresIn: 3600 }, Date.now());
  const api = new Api({ url, session, fetch });
  const refusals = [];
  const transfer = async () => {
    const refusal = refusals.pop();
    if (refusal) throw refusal;
  };
  const calls = { RTCPeerConnection: PeerConnection, mediaDevices: undefined };
  const client = new Client({ url, session, deviceId: "d", fetch, WebSocket, calls });
  const files = new Files(api, { transfer });
  return { asked, client, session, account: new Account(api), files, refusals };
}

const acts = {
  registerUser: ({ account }) => account.register({ username: "ann", email: "e", password: "p" }),
  confirmUser: ({ account }) => account.confirm({ email: "e", code: "1" }),
  resendConfirmation: ({ account }) => account.resendCode("e"),
  logIn: ({ account }) => account.logIn({ email: "e", password: "p" }),
  refreshSession: ({ client, session }) => {
    session.keep({ accessToken: "old", expiresIn: 0 }, Date.now());
    return client.readChat("c");
  },
  signOut: ({ account }) => account.signOutEverywhere(),
  forgotPassword: ({ account }) => account.forgetPassword("e"),
  resetPassword: ({ account }) => account.resetPassword({ email: "e", code: "1", password: "p" }),
  updateUser: ({ account }) => account.change({ displayName: "Ann" }),
  deleteUser: ({ account }) => account.remove(),
  getUser: ({ client }) => client.people.read("bob"),
  findUsers: ({ client }) => client.people.find("bo"),
  blockUser: ({ client }) => client.blocks.add("bob"),
  unblockUser: ({ client }) => client.blocks.remove("bob"),
  listBlocks: ({ client }) => client.blocks.refresh(),
  createTicket: ({ client }) => client.start(),
  hello: ({ client }) => client.start(),
  createChat: ({ client }) => client.startDirectChat("bob"),
  listChats: ({ client }) => client.refreshChats(),
  getChat: ({ client }) => client.readChat("c"),
  updateChat: ({ client }) => client.updateChat("c", { historyForNewMembers: false }),
  addMembers: ({ client }) => client.addMembers("c", ["bob"]),
  removeMember: ({ client }) => client.removeMember("c", "bob"),
  setAdmin: ({ client }) => client.removeAdmin("c", "bob"),
  getChatHistory: ({ client }) => client.readHistory("c", { before: 9 }),
  getEvents: ({ client }) => client.readEvents("c", { after: 1 }),
  sendMessage: ({ client }) => client.send("c", "hello"),
  editMessage: ({ client }) => client.editMessage("c", "m", "hello"),
  deleteMessage: ({ client }) => client.deleteMessage("c", "m"),
  addReaction: ({ client }) => client.react("c", "m", "👍", true),
  removeReaction: ({ client }) => client.react("c", "m", "👍", false),
  markRead: ({ client }) => {
    client.chats.put({ ...ANYTHING, unreadCount: 1, lastMessage: { seq: 1 } });
    client.markRead("c");
  },
  setTyping: ({ client }) => client.typing.tell("c", true),
  getPresence: ({ client }) => client.presence.read(["bob"]),
  startCall: ({ client }) => void client.calls.start({ calleeIds: ["bob"], kind: "audio" }),
  acceptCall: ({ client }) => void client.calls.accept(ringing(client)),
  rejectCall: ({ client }) => ringing(client).reject(),
  endCall: ({ client }) => ringing(client).hangUp(),
  getCall: ({ client }) => client.calls.read("k"),
  listCalls: ({ client }) => client.calls.list(),
  sendSignal: ({ client }) => void client.calls.accept(ringing(client)),
  getIceServers: ({ client }) => client.calls.readIceServers(),
  uploadFile: ({ files }) => files.upload(new Blob(["x"]), "x.txt").finished(),
  createUpload: ({ files }) => files.upload(new Blob([new Uint8Array(LARGE)]), "large").finished(),
  resumeUpload: ({ files, refusals }) => {
    refusals.push(new Problem({ status: 403, code: "upload_refused" }));
    return files.upload(new Blob([new Uint8Array(LARGE)]), "large").finished();
  },
  completeUpload: ({ files }) => files.upload(new Blob([new Uint8Array(LARGE)]), "large").finished(),
  downloadFile: ({ files }) => files.link("f"),
  listFiles: ({ files }) => files.list({ unfinished: true }),
  deleteFile: ({ files }) => files.remove("f"),
};

/** A call of bob's that rings here. */
function ringing(client) {
  client.calls.take({ type: "call.ringing", call: callOf("ringing") });
  return client.calls.incoming;
}

/** A call of bob's, with ann in this state. */
function callOf(state) {
  const participants = [
    { userId: "bob", deviceId: "d2", state: "joined" },
    { userId: "ann", deviceId: "d", state },
  ];
  return { callId: "k", kind: "audio", state: "active", callerId: "bob", participants };
}

/** A path of these segments, whatever stands for the names in braces. */
function isAt(route, asked) {
  const pattern = route.replace(/\{\w+\}/g, "[^/]+");
  return new RegExp(`^${pattern}$`).test(asked);
}

test("no operation is without a method, and no method without an operation", () => {
  assert.deepEqual([...operations.keys()].sort(), Object.keys(acts).sort());
});

for (const [name, { route, action }] of operations) {
  test(`${name} is asked for where the server has it`, async () => {
    const world = newWorld();
    try {
      if (action) {
        world.client.start();
        await until(() => world.client.socket.isOnline);
      }
      world.asked.length = 0;
      if (name === "hello") world.client.socket.stop();
      await acts[name](world);
      await until(() =>
        world.asked.some((asked) => (route && isAt(route, asked)) || (action && asked === name)),
      );
    } finally {
      world.client.stop();
    }
  });
}

async function until(isSo) {
  const signal = AbortSignal.timeout(2_000);
  while (!isSo()) {
    signal.throwIfAborted();
    await new Promise(setImmediate);
  }
}
