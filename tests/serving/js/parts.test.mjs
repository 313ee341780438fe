import assert from "node:assert/strict";
import { test } from "node:test";
import { fillAt } from "../../../src/scarmap/serving/pages/fill.js";
import { partAt, removePart } from "../../../src/scarmap/serving/pages/parts.js";
import { TISSUES, slice } from "./random.mjs";

test("a part hangs together at corners, and does not pass the edge to the next row", () => {
  const pixels = slice("5...5", "...5.", ".....", "5....");
  assert.deepEqual(partAt(pixels, 5, 4).sort((one, other) => one - other), [4, 8]);
  assert.deepEqual(partAt(pixels, 5, 4, false), [4]);
  assert.deepEqual(partAt(pixels, 5, 0), [0]);
});

test("removing a part leaves the wall, and other parts", () => {
  const pixels = slice("33333", "35353", "35333");
  assert.equal(removePart(pixels, 5, 6), 2);
  assert.deepEqual(pixels, slice("33333", "33353", "33333"));
});

test("removing background removes nothing", () => {
  assert.equal(removePart(slice("...", "..."), 3, 1), 0);
});

test("a closed line is filled, with the rule of the tissue", () => {
  const ring = slice(".....", ".333.", ".3.3.", ".333.", ".....");
  assert.equal(fillAt(ring, 5, 12, 1, TISSUES), 1);
  assert.deepEqual(ring, slice(".....", ".333.", ".313.", ".333.", "....."));
  assert.equal(fillAt(ring, 5, 12, 5, TISSUES), 0);
  assert.equal(fillAt(ring, 5, 6, 5, TISSUES), 8);
});

test("an open area is not filled, nor one that is closed only at corners' gaps", () => {
  const open = slice("33.", "3.3", "333");
  assert.equal(fillAt(open, 3, 4, 1, TISSUES), 1);
  const outside = slice("...", ".3.", "...");
  assert.equal(fillAt(outside, 3, 0, 1, TISSUES), 0);
});
