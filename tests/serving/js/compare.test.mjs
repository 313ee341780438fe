import assert from "node:assert/strict";
import { test } from "node:test";
import { points } from "../../../src/scarmap/serving/pages/curve.js";
import { BOTH, ONLY_A, ONLY_B, sides } from "../../../src/scarmap/serving/pages/differences.js";
import { slice } from "./random.mjs";

test("each pixel belongs to one mask, the other, both or none", () => {
  const found = sides(slice("0556"), slice("5365"), [5, 6]);
  assert.deepEqual(found, Uint8Array.of(ONLY_B, ONLY_A, BOTH, BOTH));
});

test("a curve spans the drawing and leaves out what is no number", () => {
  const { points: line, low, high } = points([4, NaN, 2]);
  assert.deepEqual([low, high], [2, 4]);
  assert.deepEqual(line, [[24, 24], [336, 126]]);
});

test("a flat curve lies still", () => {
  assert.deepEqual(points([1, 1]).points.map(([, y]) => y), [126, 126]);
});
