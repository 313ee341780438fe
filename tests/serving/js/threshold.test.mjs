import assert from "node:assert/strict";
import { test } from "node:test";
import { aboveThreshold, describe } from "../../../src/scarmap/serving/pages/threshold.js";
import { slice } from "./random.mjs";

const UNITS = { scale: 0.5, offset: 10 };

test("bright wall becomes scar, dark scar becomes wall, the rest stays", () => {
  const base = slice("0123456", "0123456");
  const image = Uint16Array.of(99, 99, 99, 99, 99, 99, 99, 1, 1, 1, 1, 1, 1, 1);
  assert.deepEqual(aboveThreshold(base, image, 30, UNITS), slice("0125556", "0123436"));
  assert.deepEqual(base, slice("0123456", "0123456"));
});

test("a value that equals the threshold is not above it", () => {
  const base = slice("33");
  assert.deepEqual(aboveThreshold(base, Uint16Array.of(40, 41), 30, UNITS), slice("35"));
});

test("tools name the method and the value", () => {
  assert.equal(describe("nsd", 5, 312.26), "threshold 5-SD at 312.3");
  assert.equal(describe("fwhm", 5, 80), "threshold FWHM at 80");
});
