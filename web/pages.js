/** What the pages of one browser know of each other: each holds locks for as long as it is there. */
import { newIdentifier } from "./clients/js/identifiers.js";
import { Shelf } from "./clients/js/shelf.js";

const DEVICE = "kaiwa.device";
const VIEW = "kaiwa.view";
/** A page that is loaded anew may ask before what it was has gone. */
const PATIENCE_MS = 1_000;

/** Browsers have locks for pages that came over HTTPS; without them every page believes itself alone. */
const locks = globalThis.navigator?.locks;

/**
 * What tells this page from others of the same person. A reload keeps it; a tab that was duplicated, with all that was kept
 * in it, gets one of its own.
 *
 * @returns {Promise<string>}
 */
export async function claimDeviceId() {
  const shelf = new Shelf(sessionStorage, DEVICE);
  let id = shelf.load();
  while (!id || !(await hold(lockOf(id)))) id = newIdentifier();
  shelf.save(id);
  return id;
}

/** @returns {Promise<(deviceId: string) => boolean>} Tells of a page whether it was open at that moment. */
export async function openPages() {
  const held = await heldLocks();
  return (deviceId) => held.has(lockOf(deviceId));
}

/**
 * Let the others know while this page is in view.
 *
 * @returns {() => void} Stops it.
 */
export function tellOfView() {
  let leave = () => {};

  function follow() {
    leave();
    if (document.visibilityState !== "visible") return;
    // Should it go out of view before the lock has come, that is given back at once.
    const left = new Promise((resolve) => (leave = resolve));
    locks?.request(VIEW, { mode: "shared" }, () => left);
  }

  document.addEventListener("visibilitychange", follow);
  follow();
  return () => {
    document.removeEventListener("visibilitychange", follow);
    leave();
  };
}

/** @returns {Promise<boolean>} Whether somebody may be looking at one of the pages. */
export async function isAnyInView() {
  return document.visibilityState === "visible" || (await heldLocks()).has(VIEW);
}

/** @returns {Promise<Set<string>>} By name. */
async function heldLocks() {
  const { held = [] } = (await locks?.query()) ?? {};
  return new Set(held.map(({ name }) => name));
}

function lockOf(deviceId) {
  return `${DEVICE}.${deviceId}`;
}

/** @returns {Promise<boolean>} Whether this page has the lock now, until it is closed. */
function hold(name) {
  if (!locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    const forGood = () => new Promise(() => resolve(true));
    locks.request(name, { signal: AbortSignal.timeout(PATIENCE_MS) }, forGood).catch(() => resolve(false));
  });
}
