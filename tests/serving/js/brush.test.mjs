import assert from "node:assert/strict";
import { test } from "node:test";
import { capsule, disc } from "../../../src/scarmap/serving/pages/brush.js";

test("a disc holds the pixels whose centre is within the radius", () => {
  const grid = { width: 5, height: 5, spacing: [1, 1] };
  assert.deepEqual(disc(grid, { x: 2, y: 2 }, 1), [7, 11, 12, 13, 17]);
});

test("a disc of pixels that are not square is round in millimetres", () => {
  const grid = { width: 9, height: 9, spacing: [1, 2] };
  const columns = disc(grid, { x: 4, y: 4 }, 2).map((at) => [at % 9, Math.floor(at / 9)]);
  assert.deepEqual(columns, [[4, 3], [2, 4], [3, 4], [4, 4], [5, 4], [6, 4], [4, 5]]);
});

test("a large disc has nearly the area of a circle", () => {
  const grid = { width: 400, height: 300, spacing: [0.5, 0.75] };
  const area = disc(grid, { x: 200, y: 150 }, 60).length * 0.5 * 0.75;
  assert.ok(Math.abs(area / (Math.PI * 60 ** 2) - 1) < 0.005, `${area} mm²`);
});

test("a fast stroke leaves no gap", () => {
  const grid = { width: 40, height: 3, spacing: [1, 1] };
  assert.deepEqual(capsule(grid, { x: 0, y: 1 }, { x: 39, y: 1 }, 0.4).length, 40);
});

test("a stroke is every disc along it", () => {
  const grid = { width: 30, height: 30, spacing: [1.2, 0.9] };
  const [from, to] = [{ x: 4, y: 6 }, { x: 22, y: 19 }];
  const painted = new Set(capsule(grid, from, to, 3));
  const discs = (radius) => {
    const all = new Set();
    for (let part = 0; part <= 1000; part += 1) {
      const place = { x: from.x + ((to.x - from.x) * part) / 1000, y: from.y + ((to.y - from.y) * part) / 1000 };
      for (const at of disc(grid, place, radius)) all.add(at);
    }
    return all;
  };
  assert.ok([...discs(3)].every((at) => painted.has(at)));
  const wider = discs(3.001);
  assert.ok([...painted].every((at) => wider.has(at)));
});

test("a brush smaller than a pixel paints one pixel, and none outside the slice", () => {
  const grid = { width: 5, height: 5, spacing: [2, 2] };
  assert.deepEqual(disc(grid, { x: 1.4, y: 3.4 }, 0.1), [16]);
  assert.deepEqual(disc(grid, { x: -3, y: 2 }, 0.1), []);
});

test("a disc over the edge is cut", () => {
  const grid = { width: 4, height: 4, spacing: [1, 1] };
  assert.deepEqual(disc(grid, { x: 0, y: 0 }, 1), [0, 1, 4]);
});
