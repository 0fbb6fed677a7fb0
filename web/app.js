/** The page: either the entrance or the workspace of the person logged in. */
import { Api } from "./clients/js/api.js";
import { Client } from "./clients/js/index.js";
import { element, fill } from "./dom.js";
import { Drafts } from "./drafts.js";
import { entrance } from "./entrance.js";
import { keepInstalled } from "./installation.js";
import { strings } from "./language.js";
import { Memory, remember } from "./memory.js";
import { Outboxes } from "./outboxes.js";
import { claimDeviceId, openPages } from "./pages.js";
import { browserSession } from "./session.js";
import { holdPictures } from "./shown_files.js";
import { workspace } from "./workspace.js";

document.documentElement.lang = strings.language;
const app = document.querySelector("#app");
const session = browserSession();
const claimedId = claimDeviceId();
/** What the entrance says to somebody whose session has ended. */
const NOTICES = {
  expired: strings.entrance.expired,
  signedOut: strings.entrance.signedOut,
  removed: strings.entrance.removed,
};
let close = () => {};

keepInstalled();
try {
  const configuration = await readConfiguration();
  session.on("ended", (reason) => {
    close();
    showEntrance(configuration, NOTICES[reason]);
  });
  if (session.isOpen) await showWorkspace(configuration);
  else showEntrance(configuration);
} catch (error) {
  console.error(error);
  fill(app, element("p", { class: "setup-problem", role: "alert" }, strings.problems.setup));
}

async function readConfiguration() {
  const response = await fetch("config.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`config.json answered ${response.status}`);
  return response.json();
}

function showEntrance(configuration, notice) {
  const { apiUrl, inbox } = configuration;
  document.title = strings.product;
  const view = entrance(new Api({ url: apiUrl, session }), { notice, inbox, onLoggedIn });
  fill(app, view.element);

  function onLoggedIn() {
    view.close();
    showWorkspace(configuration);
  }
}

async function showWorkspace({ apiUrl, inbox }) {
  const deviceId = await claimedId;
  const outboxes = new Outboxes(session.userId, deviceId);
  outboxes.adopt(await openPages());
  const client = new Client({
    url: apiUrl,
    session,
    deviceId,
    lasting: localStorage,
    passing: outboxes,
  });
  holdPictures(client);
  const memory = new Memory(client.userId);
  const stopRemembering = await remember(client, memory);
  const view = workspace(client, { onLogOut, inbox });
  fill(app, view.element);
  client.start();

  close = () => {
    stopRemembering();
    memory.forget();
    view.close();
    client.stop();
    client.pictures.forget();
    client.thumbnails.forget();
    close = () => {};
  };

  /** @param {"left" | "signedOut" | "removed"} [reason] */
  function onLogOut(reason = "left") {
    client.forget();
    outboxes.forget();
    new Drafts(client.userId).forget();
    history.replaceState(null, "", "#/");
    session.end(reason);
  }
}
