import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode, same } from "../../../src/scarmap/serving/pages/runs.js";
import { randomFrom } from "./random.mjs";

test("a slice becomes values and counts", () => {
  assert.deepEqual(encode(Uint8Array.of(0, 0, 5, 5, 5, 1)), [0, 2, 5, 3, 1, 1]);
  assert.deepEqual(encode(new Uint8Array(0)), []);
});

test("run lengths give any slice back", () => {
  const random = randomFrom(1);
  for (let round = 0; round < 50; round += 1) {
    const pixels = Uint8Array.from({ length: 1 + random(400) }, () => random(7));
    assert.ok(same(decode(encode(pixels), pixels.length), pixels));
  }
});

test("runs of another length are refused", () => {
  assert.throws(() => decode([0, 3], 4), /3 of the 4 pixels/);
  assert.throws(() => decode([0, 5], 4), /more than the 4 pixels/);
});

test("slices of other pixels or another length are not the same", () => {
  assert.equal(same(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), false);
  assert.equal(same(Uint8Array.of(1), Uint8Array.of(1, 1)), false);
});
