/**
 * Make an identifier no one else will make: 128 random bits, as four numbers. Unlike `crypto.randomUUID` it is also
 * there on a page that was not served over HTTPS.
 *
 * @returns {string} At most 43 characters.
 */
export function newIdentifier() {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}
