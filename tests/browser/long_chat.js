/**
 * In place of web/app.js: the workspace before a server in memory, whose one chat is long. With `?held` in the address
 * all of it has been loaded before anything is shown.
 */
import { FakeServer } from "./clients/js/fake/server.js";
import { Client, Session } from "./clients/js/index.js";
import { FleetingStorage, Shelf } from "./clients/js/shelf.js";
import { holdPictures } from "./shown_files.js";
import { workspace } from "./workspace.js";

const MESSAGES = 10_000;
const PEOPLE = {
  "/users/ann": { userId: "ann", username: "ann", displayName: "Ann" },
  "/users/bob": { userId: "bob", username: "bob", displayName: "Bob" },
};

const server = new FakeServer();
for (let number = 1; number <= MESSAGES; number += 1) {
  // Of different heights, so that no position can be right by chance.
  const text = `message ${number}${"\nand more".repeat(number % 4)}`;
  server.store({ senderId: number % 3 === 0 ? "ann" : "bob", text }, { isPushed: false });
}
server.readSeq = MESSAGES;

async function fetch(address, options) {
  const person = PEOPLE[new URL(address).pathname];
  return person ? Response.json(person) : server.fetch(address, options);
}

const session = new Session(new Shelf(new FleetingStorage(), "session"));
session.keep({ userId: "ann", accessToken: "a", refreshToken: "r", expiresIn: 86_400 }, Date.now());
const client = new Client({ url: "https://server.invalid", session, fetch, WebSocket: server.WebSocket });
holdPictures(client);
globalThis.server = server;
client.start();
if (location.search === "?held") {
  await client.openChat("chat");
  while (client.log("chat").hasEarlier) await client.loadEarlier("chat");
}
document.querySelector("#app").append(workspace(client, { onLogOut() {} }).element);
