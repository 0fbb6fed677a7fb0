/**
 * Make an identifier no one else will make: 128 random bits in hexadecimal. Unlike `crypto.randomUUID` it is
 * also there on a page that was not served over HTTPS.
 *
 * @returns {string} 32 characters.
 */
export function newIdentifier() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
