/** The page as an app on the device: a service worker keeps it, and a line says when there is a newer one. */
import { element } from "./dom.js";
import { strings } from "./language.js";
import { goToChat } from "./route.js";

const words = strings.installation;
const WORKER = "service_worker.js";
/** How often a page that stays open looks for a newer one. */
const LOOK_AGAIN_MS = 60 * 60 * 1000;

/** The one script whose address is ever set; nothing else on the page may load any. */
const policy = globalThis.trustedTypes?.createPolicy("kaiwa", { createScriptURL: () => WORKER });

/** Have the page kept, as soon as it is loaded. */
export async function keepInstalled() {
  const workers = navigator.serviceWorker;
  if (!workers) return;
  const isFirst = !workers.controller;
  workers.addEventListener("message", ({ data }) => data?.chatId && goToChat(data.chatId));
  // The first one to come takes nothing over: what is loaded by then is of one version.
  workers.addEventListener("controllerchange", () => isFirst || location.reload());
  try {
    const address = policy ? policy.createScriptURL("") : WORKER;
    const registration = await workers.register(address, { updateViaCache: "none" });
    follow(registration);
    keepLooking(registration);
  } catch (error) {
    // A browser may forbid it; everything but the time without a line works all the same.
    console.info(error);
  }
}

function follow(registration) {
  const tellWhenReady = (worker) => {
    const tell = () => worker.state === "installed" && navigator.serviceWorker.controller && showNewer(worker);
    worker.addEventListener("statechange", tell);
    tell();
  };
  if (registration.waiting) tellWhenReady(registration.waiting);
  registration.addEventListener("updatefound", () => tellWhenReady(registration.installing));
}

function keepLooking(registration) {
  let last = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || Date.now() - last < LOOK_AGAIN_MS) return;
    last = Date.now();
    registration.update().catch(() => {});
  });
}

function showNewer(worker) {
  document.querySelector(".newer")?.remove();
  const node = element(
    "aside",
    { class: "newer", role: "status" },
    element("span", {}, words.newer),
    element("button", { type: "button", class: "link", onclick: () => worker.postMessage("take over") }, words.load),
    element("button", { type: "button", class: "link", onclick: () => node.remove() }, words.later),
  );
  document.body.append(node);
}
