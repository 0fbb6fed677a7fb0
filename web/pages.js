/** What the pages of one browser know of each other: each holds locks for as long as it is there. */
import { newIdentifier } from "./clients/js/identifiers.js";
import { Shelf } from "./clients/js/shelf.js";

const DEVICE = "kaiwa.device";
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
  const { held = [] } = (await locks?.query()) ?? {};
  const names = new Set(held.map(({ name }) => name));
  return (deviceId) => names.has(lockOf(deviceId));
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
