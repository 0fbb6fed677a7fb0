/** Ringing ends at its time, even where the news of it is lost on its way. */

/** How long after that time the news may still come by itself. */
const GRACE_MS = 2_000;
const AGAIN_MS = 5_000;

/**
 * Ask the server about a call in which somebody still rings though their time is over, until it is known what became of it.
 *
 * @param {import("./clients/js/client.js").Client} client
 * @param {import("./clients/js/call.js").Call} call One that has begun to ring just now, or is about to.
 * @returns {() => void} Stops it.
 */
export function keepDeadline(client, call) {
  let timer;
  let isStopped = false;

  function begin() {
    if (timer !== undefined || !call.data) return;
    const { createdAt, ringExpiresAt } = call.data;
    // As long as it may ring from here on: the clock of this device may be wrong.
    timer = setTimeout(look, Date.parse(ringExpiresAt) - Date.parse(createdAt) + GRACE_MS);
  }

  async function look() {
    if (call.isOver || !call.data.participants.some(({ state }) => state === "ringing")) return;
    try {
      client.calls.take(await client.calls.read(call.callId));
    } catch {
      // It is asked again.
    }
    if (!isStopped) timer = setTimeout(look, AGAIN_MS);
  }

  const stop = call.on("changed", begin);
  begin();
  return () => {
    isStopped = true;
    stop();
    clearTimeout(timer);
  };
}
