import assert from "node:assert/strict";
import { test } from "node:test";
import { capsule } from "../../../src/scarmap/serving/pages/brush.js";
import { fillAt } from "../../../src/scarmap/serving/pages/fill.js";
import { History, difference } from "../../../src/scarmap/serving/pages/history.js";
import { removePart } from "../../../src/scarmap/serving/pages/parts.js";
import { erase, paint } from "../../../src/scarmap/serving/pages/rules.js";
import { TISSUES, randomFrom } from "./random.mjs";

const GRID = { width: 24, height: 20, spacing: [1.3, 1.5] };
const SIZE = GRID.width * GRID.height;

function edit(history, mask, name, slices, change) {
  const states = new Map();
  for (const slice of slices) {
    const view = mask.subarray(slice * SIZE, (slice + 1) * SIZE);
    const before = view.slice();
    change(view);
    states.set(slice, { before, after: view.slice() });
  }
  return history.record(name, states);
}

test("twenty random edits and their undo end with the same bytes, and redo brings them all again", () => {
  const random = randomFrom(7);
  const mask = Uint8Array.from({ length: 4 * SIZE }, () => random(7));
  const model = mask.slice();
  const history = new History();
  const sliceOf = (slice) => mask.subarray(slice * SIZE, (slice + 1) * SIZE);
  let kept = 0;
  while (kept < 20) {
    const place = () => ({ x: random(24), y: random(20) });
    const tools = [
      (view) => paint(view, capsule(GRID, place(), place(), 1 + random(6)), random(7), TISSUES),
      (view) => erase(view, capsule(GRID, place(), place(), 1 + random(6)), random(7)),
      (view) => fillAt(view, GRID.width, random(SIZE), random(7), TISSUES),
      (view) => removePart(view, GRID.width, random(SIZE)),
    ];
    const slices = random(3) ? [random(4)] : [0, 2];
    if (edit(history, mask, "an edit", slices, tools[random(4)])) kept += 1;
  }
  const edited = mask.slice();
  assert.notDeepEqual(edited, model);
  while (history.canUndo) history.undo(sliceOf);
  assert.deepEqual(mask, model);
  while (history.canRedo) history.redo(sliceOf);
  assert.deepEqual(mask, edited);
});

test("an edit that changes nothing is not kept", () => {
  const history = new History();
  const pixels = Uint8Array.of(1, 2);
  assert.equal(history.record("nothing", new Map([[0, { before: pixels, after: pixels.slice() }]])), false);
  assert.equal(history.canUndo, false);
  assert.equal(difference(pixels, pixels), null);
});

test("a new edit drops what was undone", () => {
  const history = new History();
  const pixels = Uint8Array.of(0, 0);
  const put = (at, value) => {
    const before = pixels.slice();
    pixels[at] = value;
    history.record(`${value}`, new Map([[0, { before, after: pixels.slice() }]]));
  };
  put(0, 1);
  put(1, 2);
  assert.deepEqual(history.undo(() => pixels), [0]);
  assert.equal(history.next, "2");
  put(1, 3);
  assert.equal(history.canRedo, false);
  assert.deepEqual(history.names, ["1", "3"]);
  assert.deepEqual(history.redo(() => pixels), []);
});

test("undo without an edit leaves everything", () => {
  assert.deepEqual(new History().undo(() => assert.fail("no slice is asked for")), []);
});

test("tools are those of the edits that hold, each once, from the last version on", () => {
  const history = new History();
  const pixels = Uint8Array.of(0, 0, 0);
  ["brush", "contour", "brush"].forEach((tool, at) => {
    const before = pixels.slice();
    pixels[at] = 1;
    history.record("an edit", new Map([[0, { before, after: pixels.slice() }]]), tool);
  });
  assert.deepEqual(history.toolsFrom(0), ["brush", "contour"]);
  assert.deepEqual(history.toolsFrom(2), ["brush"]);
  history.undo(() => pixels);
  history.undo(() => pixels);
  assert.deepEqual(history.toolsFrom(2), ["undo"]);
});
