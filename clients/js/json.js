/** Read what may be no JSON. @param {string | null} text @returns {any} undefined when it is none. */
export function parse(text) {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
