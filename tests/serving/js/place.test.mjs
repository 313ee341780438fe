import assert from "node:assert/strict";
import { test } from "node:test";
import { neighbour } from "../../../src/scarmap/serving/pages/order.js";
import { lookAt, mapOf, pixelAt, screenAt } from "../../../src/scarmap/serving/pages/place.js";

const GRID = { width: 100, height: 80, spacing: [1.5, 1], turn: 0, flip: false };
const LOOK = { zoom: 1, x: 0, y: 0 };

test("the slice fits the screen, in the middle, with its aspect", () => {
  const map = mapOf(GRID, { width: 300, height: 300 }, LOOK);
  assert.deepEqual(screenAt(map, { x: 49.5, y: 39.5 }), { x: 150, y: 150 });
  assert.ok(Math.abs(screenAt(map, { x: -0.5, y: 0 }).x) < 1e-9);
  assert.ok(Math.abs(map[0] / map[3] - 1.5) < 1e-9);
});

test("pixels come back from the screen, turned, mirrored, zoomed and moved", () => {
  for (const turn of [0, 1, 2, 3]) {
    for (const flip of [false, true]) {
      const map = mapOf({ ...GRID, turn, flip }, { width: 410, height: 333 }, { zoom: 3, x: 12, y: -7 });
      const pixel = pixelAt(map, screenAt(map, { x: 17, y: 61 }));
      assert.ok(Math.abs(pixel.x - 17) < 1e-9 && Math.abs(pixel.y - 61) < 1e-9);
    }
  }
});

test("one quarter turn anticlockwise brings the right of a slice to the top", () => {
  const map = mapOf({ ...GRID, turn: 1 }, { width: 300, height: 300 }, LOOK);
  assert.ok(screenAt(map, { x: 99, y: 39.5 }).y < screenAt(map, { x: 0, y: 39.5 }).y);
});

test("the next slice follows the order from base to apex", () => {
  assert.equal(neighbour([3, 2, 1, 0], 2, 1), 1);
  assert.equal(neighbour([3, 2, 1, 0], 3, -1), null);
  assert.equal(neighbour([3, 2, 1, 0], 0, 1), null);
});

test("the heart stands in the middle, whole and with room around it, however the slice is turned", () => {
  const mask = new Uint8Array(2 * 100 * 80);
  for (const [x, y, z] of [[60, 10, 0], [79, 29, 1]]) mask[z * 8000 + y * 100 + x] = 3;
  for (const turn of [0, 1, 2, 3]) {
    const grid = { ...GRID, turn, flip: turn > 1 };
    const screen = { width: 500, height: 500 };
    const map = mapOf(grid, screen, lookAt(mask, grid, 5));
    const middle = screenAt(map, { x: 69.5, y: 19.5 });
    assert.ok(Math.hypot(middle.x - 250, middle.y - 250) < 1e-6);
    for (const corner of [{ x: 60, y: 10 }, { x: 79, y: 29 }]) {
      const { x, y } = screenAt(map, corner);
      assert.ok(x > 20 && x < 480 && y > 20 && y < 480);
    }
  }
  assert.deepEqual(lookAt(new Uint8Array(8000), GRID), LOOK);
});
