import assert from "node:assert/strict";
import { test } from "node:test";
import { erase, mayPaint, paint, under } from "../../../src/scarmap/serving/pages/rules.js";
import { TISSUES, slice } from "./random.mjs";

const all = (pixels) => pixels.map((_, at) => at);

test("scar is painted in the wall only", () => {
  const pixels = slice("0123456");
  assert.equal(paint(pixels, all(pixels), 5, TISSUES), 3);
  assert.deepEqual(pixels, slice("0125555"));
});

test("the pool and the wall are painted anywhere", () => {
  const pixels = slice("0123456");
  assert.equal(paint(pixels, all(pixels), 1, TISSUES), 6);
  assert.equal(mayPaint(TISSUES, 3, 0), true);
});

test("the eraser takes away the chosen tissue and leaves what lies under it", () => {
  const scar = slice("0123456");
  assert.equal(erase(scar, all(scar), 5), 1);
  assert.deepEqual(scar, slice("0123436"));
  const noReflow = slice("0123456");
  erase(noReflow, all(noReflow), 6);
  assert.deepEqual(noReflow, slice("0123455"));
  assert.deepEqual([1, 2, 3, 4, 5, 6].map(under), [0, 0, 0, 3, 3, 5]);
});

test("the wall goes with the scar in it, so that no scar floats", () => {
  const pixels = slice("0123456");
  erase(pixels, all(pixels), 3);
  assert.deepEqual(pixels, slice("0120000"));
});

test("background cannot be erased", () => {
  const pixels = slice("0123456");
  assert.equal(erase(pixels, all(pixels), 0), 0);
});
