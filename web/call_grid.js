/** How tiles share a room. Pure. */

/** No flatter, and no taller, so that little of what a camera sees is cut off. */
const FLATTEST = 16 / 9;
const TALLEST = 1;

/**
 * Give the tiles the largest size at which all of them fit.
 *
 * @param {number} count At least one.
 * @param {number} width Of the room, in pixels; so is what follows.
 * @param {number} height
 * @param {number} gap Between two tiles.
 * @returns {{columns: number, width: number, height: number}} Of each tile.
 */
export function tileSize(count, width, height, gap) {
  let best = { columns: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const room = {
      width: (width - gap * (columns - 1)) / columns,
      height: (height - gap * (rows - 1)) / rows,
    };
    const size = {
      columns,
      width: Math.max(0, Math.floor(Math.min(room.width, room.height * FLATTEST))),
      height: Math.max(0, Math.floor(Math.min(room.height, room.width / TALLEST))),
    };
    if (size.width * size.height > best.width * best.height) best = size;
  }
  return best;
}
