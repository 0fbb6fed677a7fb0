/** The session of this browser: kept over reloads, shared by its pages. */
import { Session } from "./clients/js/index.js";
import { Shelf } from "./clients/js/shelf.js";

const KEY = "kaiwa.session";

/** @returns {Session} */
export function browserSession() {
  const session = new Session(new Shelf(localStorage, KEY));
  addEventListener("storage", (event) => {
    if (event.key !== KEY && event.key !== null) return;
    if (session.isOpen) session.reload();
    else location.reload();
  });
  return session;
}
