/** Finding web addresses in what people write. Pure. */

const ADDRESS = /(?<![A-Za-z0-9])https?:\/\/[^\s<>"“”「」『』、。]+/giu;
const TRAILING = /[.,;:!?'’)\]}…*_~]+$/u;

/**
 * Cut text into plain parts and addresses. Only `http` and `https` count, so that nothing else can become a
 * link, and punctuation that ends a sentence stays outside.
 *
 * @param {string} text
 * @returns {{text: string, href?: string}[]} Joined together, the texts are the text.
 */
export function splitLinks(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trim(match[0]);
    if (!URL.canParse(address)) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ text: address, href: new URL(address).href });
    end = match.index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/** Leave the end of the sentence out, yet keep a bracket that was opened inside the address. */
function trim(address) {
  const trimmed = address.replace(TRAILING, "");
  const closes = address[trimmed.length] === ")";
  return closes && trimmed.split("(").length > trimmed.split(")").length ? `${trimmed})` : trimmed;
}
