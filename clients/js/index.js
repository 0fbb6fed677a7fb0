/** The public face of the client library. */
export { Account } from "./account.js";
export { Api } from "./api.js";
export { Client } from "./client.js";
export { ConnectionLost, Problem } from "./errors.js";
export { Files } from "./files.js";
export { Session } from "./session.js";
export { FleetingStorage, Shelf } from "./shelf.js";
