/** The public face of the client library. */
export { Client } from "./client.js";
export { ConnectionLost, Problem } from "./errors.js";
export { Session } from "./session.js";
