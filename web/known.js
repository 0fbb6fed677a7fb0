/** What a client knows of chats, as plain data to be kept, and back again. */

/** How many of the newest events of a log are kept. */
const EVENTS = 60;

/**
 * @typedef {{chats: object[], people: object[], logs: [string, object[]][]}} Known
 *
 * @param {import("./clients/js/client.js").Client} client
 * @returns {Known}
 */
export function knownBy(client) {
  const chats = client.chats.list();
  const logs = chats
    .map(({ chatId }) => [chatId, client.log(chatId)])
    .filter(([, log]) => log.isLoaded && log.events.length > 0);
  return {
    chats,
    people: client.people.list(),
    logs: logs.map(([chatId, log]) => [chatId, log.events.slice(-EVENTS)]),
  };
}

/**
 * Have a client begin with what was known another time. It catches up as after a lost line, as soon as there is one.
 *
 * @param {import("./clients/js/client.js").Client} client One that has not started.
 * @param {Known} known
 */
export function restore(client, { chats, people, logs }) {
  for (const person of people) client.people.recall(person);
  for (const chat of chats) client.chats.put(chat);
  for (const [chatId, events] of logs) {
    const log = client.log(chatId);
    log.begin(events[0].seq - 1);
    log.insert(events, Date.now());
    log.isLoaded = true;
  }
}
