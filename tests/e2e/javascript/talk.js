/**
 * Two people talk by the JavaScript library in Node, with nothing in the place of fetch or the WebSocket.
 * It takes the API's address and the two logins, and prints what happened as JSON.
 */
import { Account, Api, Client, Session } from "../../../clients/js/index.js";

const [url, ...logins] = JSON.parse(process.argv[2]);

async function enter(credentials) {
  const session = new Session();
  await new Account(new Api({ url, session })).logIn(credentials);
  return new Client({ url, session });
}

async function next(events, type) {
  for (;;) {
    const { value } = await events.next();
    if (value.type === type) return value;
  }
}

const [ann, bob] = await Promise.all(logins.map(enter));
const [annEvents, bobEvents] = [ann.events(), bob.events()];
for (const client of [ann, bob]) {
  const online = new Promise((resolve) => client.on("state", (state) => state === "online" && resolve()));
  client.start();
  await online;
}
const { chatId } = await ann.startDirectChat(bob.userId);
ann.send(chatId, "おはよう 👋");
const heard = (await next(bobEvents, "message.created")).message;
const own = (await next(annEvents, "message.created")).message;
await bob.react(chatId, heard.messageId, "👍", true);
const reacted = await next(annEvents, "reaction.added");
const small = await ann.files.upload(new Blob(["hello"], { type: "text/plain" }), "hello.txt").finished();
const zeros = new Blob([new Uint8Array(5 * 1024 * 1024)]);
const large = await ann.files.upload(zeros, "zeros.bin").finished();
const text = await (await ann.files.download(small.fileId)).text();
await bob.socket.stop();
ann.send(chatId, "Are you there?");
await next(annEvents, "message.created");
bob.socket.start();
const missed = (await next(bobEvents, "message.created")).message;
ann.stop();
bob.stop();
// What came meanwhile is still given, and then there is no more.
let isOver = false;
while (!isOver) isOver = (await annEvents.next()).done;
console.log(
  JSON.stringify({
    heard: heard.text,
    isSame: heard.messageId === own.messageId,
    reactions: reacted.message.reactions,
    sizes: [small.size, large.size],
    text,
    missed: missed.text,
    positions: Object.values(bob.positions),
    isOver,
  }),
);
