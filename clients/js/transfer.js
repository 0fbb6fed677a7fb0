import { ConnectionLost, Problem } from "./errors.js";

/**
 * Send bytes to where the server said. Where there is one, it is a request of the old kind, because only that tells how
 * far it has come.
 *
 * @param {string} method
 * @param {string} url
 * @param {Blob | FormData} body
 * @param {{onProgress: (bytes: number) => void, signal: AbortSignal}} options
 * @returns {Promise<void>}
 * @throws {Problem} when the store refuses it.
 * @throws {ConnectionLost} when no answer came.
 */
export function transfer(method, url, body, { onProgress, signal }) {
  if (!globalThis.XMLHttpRequest) return send(method, url, body, signal);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.upload.onprogress = ({ loaded }) => onProgress(loaded);
    request.onload = () => {
      const isDone = request.status >= 200 && request.status < 300;
      if (isDone) resolve();
      else reject(new Problem({ status: request.status, code: "upload_refused" }));
    };
    request.onerror = () => reject(new ConnectionLost());
    request.onabort = () => reject(signal.reason);
    request.onloadend = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    request.open(method, url);
    request.send(body);
  });
}

/** @param {string} method @param {string} url @param {Blob | FormData} body @param {AbortSignal} signal */
async function send(method, url, body, signal) {
  let response;
  try {
    response = await fetch(url, { method, body, signal });
    await response.arrayBuffer();
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ConnectionLost({ cause });
  }
  if (!response.ok) throw new Problem({ status: response.status, code: "upload_refused" });
}
