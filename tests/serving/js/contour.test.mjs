import assert from "node:assert/strict";
import { test } from "node:test";
import {
  circle, contoursOf, insideOf, moved, nearestPoint, spline, withPoint, zones,
} from "../../../src/scarmap/serving/pages/contour.js";
import { slice } from "./random.mjs";

const [WIDTH, HEIGHT] = [64, 60];
const SPACING = [1, 1];
const ring = (endo, epi) => ({
  endo: circle({ x: 32.3, y: 30.4 }, endo, SPACING, 14),
  epi: circle({ x: 32.3, y: 30.4 }, epi, SPACING, 14),
});
const drawn = (contours) => {
  const outside = new Uint8Array(WIDTH * HEIGHT);
  return moved(outside, { old: outside, now: zones(contours, WIDTH, HEIGHT), width: WIDTH });
};
const count = (mask, value) => mask.reduce((sum, each) => sum + (each === value), 0);

test("the line passes through its points and is nearly a circle", () => {
  const points = circle({ x: 0, y: 0 }, 10, SPACING, 12);
  const line = spline(points, 8);
  points.forEach((point, index) => {
    assert.ok(Math.hypot(line[8 * index].x - point.x, line[8 * index].y - point.y) < 1e-9);
  });
  assert.ok(line.every((place) => Math.abs(Math.hypot(place.x, place.y) - 10) < 0.1));
});

test("pixels inside a square line are those whose centre is inside", () => {
  const line = [{ x: 0.5, y: 0.5 }, { x: 3.5, y: 0.5 }, { x: 3.5, y: 2.5 }, { x: 0.5, y: 2.5 }];
  assert.deepEqual(insideOf(line, 5, 4), slice("00000", "01110", "01110", "00000"));
});

test("two contours fill the wall and the pool by their areas", () => {
  const mask = drawn(ring(12, 20));
  assert.ok(Math.abs(count(mask, 1) / (Math.PI * 12 ** 2) - 1) < 0.02);
  assert.ok(Math.abs(count(mask, 3) / (Math.PI * (20 ** 2 - 12 ** 2)) - 1) < 0.02);
});

test("contours read off a mask draw nearly the same mask", () => {
  const mask = drawn(ring(12, 20));
  const again = drawn(contoursOf(mask, WIDTH));
  const wrong = mask.reduce((sum, value, at) => sum + (value !== again[at]), 0);
  assert.ok(wrong < 0.06 * (count(mask, 1) + count(mask, 3)), `${wrong} pixels differ`);
});

test("contours that do not move change nothing, whatever the mask holds", () => {
  const mask = drawn(ring(12, 20));
  mask[30 * WIDTH + 48] = 5;
  mask[3] = 2;
  const zone = zones(contoursOf(mask, WIDTH), WIDTH, HEIGHT);
  assert.deepEqual(moved(mask, { old: zone, now: zone, width: WIDTH }), mask);
});

test("a wider outer contour adds wall and keeps the scar; a narrower one takes both away", () => {
  const mask = drawn(ring(12, 20));
  const scar = 30 * WIDTH + 32 + 18;
  mask[scar] = 5;
  const [now, wide, narrow] = [ring(12, 20), ring(12, 24), ring(12, 16)].map((each) => zones(each, WIDTH, HEIGHT));
  const wider = moved(mask, { old: now, now: wide, width: WIDTH });
  assert.equal(wider[scar], 5);
  assert.equal(wider[30 * WIDTH + 32 + 22], 3);
  const narrower = moved(mask, { old: now, now: narrow, width: WIDTH });
  assert.equal(narrower[scar], 0);
});

test("the right ventricle outside the contour stays", () => {
  const mask = drawn(ring(12, 20));
  mask[30 * WIDTH + 32 + 22] = 2;
  const [now, narrow] = [ring(12, 24), ring(12, 16)].map((each) => zones(each, WIDTH, HEIGHT));
  assert.equal(moved(mask, { old: now, now: narrow, width: WIDTH })[30 * WIDTH + 32 + 22], 2);
});

test("a slice without a wall has no contours", () => {
  assert.deepEqual(contoursOf(new Uint8Array(12), 4), { endo: null, epi: null });
});

test("a new point goes to the nearest stretch of the line", () => {
  const points = [{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 10, y: 10 }, { x: 0, y: 10 }];
  const more = withPoint(points, { x: 12, y: 5 }, SPACING);
  assert.equal(more.length, 5);
  assert.deepEqual(more[2], { x: 12, y: 5 });
});

test("the nearest point is the nearest in millimetres", () => {
  const points = [{ x: 0, y: 3 }, { x: 4, y: 0 }];
  assert.equal(nearestPoint(points, { x: 0, y: 0 }, [1, 1]).index, 0);
  assert.deepEqual(nearestPoint(points, { x: 0, y: 0 }, [1, 2]), { index: 1, distance: 4 });
});

test("a line that moved leaves no crumbs of the old wall beside it, and nothing else changes", () => {
  const mask = drawn(ring(12, 20));
  const crumb = 30 * WIDTH + 32 + 21;
  mask[crumb] = 3; // outside the line as it is drawn
  const far = 30 * WIDTH + 32 - 22;
  mask[far] = 3;
  const before = ring(12, 20);
  const pulled = { ...before, epi: before.epi.map((point, index) => (index ? point : { x: point.x - 4, y: point.y })) };
  const [old, now] = [before, pulled].map((each) => zones(each, WIDTH, HEIGHT));
  const after = moved(mask, { old, now, width: WIDTH });
  assert.equal(after[crumb], 0);
  assert.equal(after[far], 3);
});
