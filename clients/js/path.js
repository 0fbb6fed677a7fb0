/**
 * Write a path of the API: path`/chats/${chatId}`. What stands in it is escaped.
 *
 * @param {TemplateStringsArray} strings
 * @param {...string} names
 */
export function path({ raw }, ...names) {
  return String.raw({ raw }, ...names.map(encodeURIComponent));
}
