/** The page: either the entrance or the workspace of the person logged in. */
import { Api } from "./clients/js/api.js";
import { Client } from "./clients/js/index.js";
import { element, fill } from "./dom.js";
import { entrance } from "./entrance.js";
import { browserSession, deviceId } from "./session.js";
import { strings } from "./strings.js";
import { workspace } from "./workspace.js";

const app = document.querySelector("#app");
const session = browserSession();
let close = () => {};

try {
  const { apiUrl } = await readConfiguration();
  session.on("ended", (reason) => {
    close();
    showEntrance(apiUrl, reason === "expired" ? strings.entrance.expired : undefined);
  });
  if (session.isOpen) showWorkspace(apiUrl);
  else showEntrance(apiUrl);
} catch (error) {
  console.error(error);
  fill(app, element("p", { class: "setup-problem", role: "alert" }, strings.problems.setup));
}

async function readConfiguration() {
  const response = await fetch("config.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`config.json answered ${response.status}`);
  return response.json();
}

function showEntrance(apiUrl, notice) {
  document.title = strings.product;
  fill(app, entrance(new Api({ url: apiUrl, session }), { notice, onLoggedIn: () => showWorkspace(apiUrl) }));
}

function showWorkspace(apiUrl) {
  const client = new Client({
    url: apiUrl,
    session,
    deviceId: deviceId(),
    lasting: localStorage,
    passing: sessionStorage,
  });
  const view = workspace(client, { onLogOut });
  fill(app, view.element);
  client.start();

  close = () => {
    view.close();
    client.stop();
    close = () => {};
  };

  function onLogOut() {
    client.forget();
    // Drafts are kept there too.
    sessionStorage.clear();
    history.replaceState(null, "", "#/");
    session.end("left");
  }
}
