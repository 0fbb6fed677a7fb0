/** What is said of calls. */
import { strings } from "./language.js";
import { chatName, peopleName, personName } from "./names.js";

const words = strings.call;

/**
 * Who, or which group, a call is with.
 *
 * @param {import("./clients/js/client.js").Client} client
 * @param {{chatId?: string, participants?: {userId: string}[]}} call As the server tells it.
 * @returns {string}
 */
export function callName(client, { chatId, participants = [] }) {
  const chat = chatId && client.chats.get(chatId);
  if (chat) return chatName(client, chat);
  return peopleName(
    client,
    participants.map(({ userId }) => userId),
  );
}

/** @param {number} seconds @returns {string} As a clock that runs: "4:05", "1:02:03". */
export function clockText(seconds) {
  const [hours, minutes, rest] = split(seconds);
  const two = (number) => String(number).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** @param {import("./clients/js/call.js").CallData} call @returns {string | undefined} How long it was. */
export function durationText({ answeredAt, endedAt }) {
  if (!answeredAt || !endedAt) return undefined;
  return words.duration(...split(Math.round((Date.parse(endedAt) - Date.parse(answeredAt)) / 1000)));
}

/**
 * Whether somebody has missed a call: it was for them, and they did not answer.
 *
 * @param {import("./clients/js/call.js").CallData} call
 * @param {string} userId
 */
export function isMissed(call, userId) {
  const state = call.participants.find((one) => one.userId === userId)?.state;
  return call.callerId !== userId && (state === "missed" || state === "busy");
}

/**
 * What stands in a chat about a call in it.
 *
 * @param {import("./clients/js/client.js").Client} client
 * @param {import("./clients/js/call.js").CallData} call
 */
export function loggedText(client, call) {
  const { kind, callerId } = call;
  if (isMissed(call, client.userId))
    return words.logged.missedIn[kind](personName(client.people.get(callerId)));
  if (!call.answeredAt && callerId === client.userId) return words.logged.missedOut[kind];
  return words.logged.ended[kind];
}

const REASONS = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "taken",
  AbortError: "taken",
};

/** @param {"microphone" | "camera" | "screen"} source @param {Error} error @returns {string} */
export function mediaText(source, error) {
  return words.media[source][REASONS[error.name] ?? "failed"];
}

function split(seconds) {
  return [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
}
