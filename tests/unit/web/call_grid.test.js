import assert from "node:assert/strict";
import { test } from "node:test";

import { tileSize } from "../../../web/call_grid.js";

test("tiles take as much of the room as their shape lets them", () => {
  const columns = (count, width, height) => tileSize(count, width, height, 10).columns;
  assert.equal(columns(1, 1200, 700), 1);
  assert.equal(columns(3, 1200, 700), 2);
  assert.equal(columns(4, 1200, 700), 2);
  assert.equal(columns(5, 1200, 700), 3);
  assert.equal(columns(8, 1200, 700), 3);
  assert.equal(columns(3, 390, 700), 1);
  assert.equal(columns(8, 390, 700), 2);
  assert.equal(columns(2, 1200, 300), 2);
});

test("all of them fit, and none is flatter or taller than a face goes with", () => {
  for (let count = 1; count <= 8; count += 1) {
    for (const [width, height] of [
      [1200, 700],
      [390, 700],
      [320, 400],
      [1900, 1000],
      [700, 300],
    ]) {
      const tile = tileSize(count, width, height, 10);
      const rows = Math.ceil(count / tile.columns);
      assert.ok(tile.width * tile.columns + 10 * (tile.columns - 1) <= width);
      assert.ok(tile.height * rows + 10 * (rows - 1) <= height);
      assert.ok(tile.width / tile.height < 16 / 9 + 0.05, `${count} in ${width} × ${height}`);
      assert.ok(tile.width / tile.height > 1 - 0.05, `${count} in ${width} × ${height}`);
    }
  }
});

test("no room is no reason to fail", () => {
  assert.deepEqual(tileSize(2, 0, 0, 10), { columns: 1, width: 0, height: 0 });
});
