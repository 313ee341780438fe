import assert from "node:assert/strict";
import { test } from "node:test";
import { Desk } from "../../../src/scarmap/serving/pages/desk.js";
import { Editor } from "../../../src/scarmap/serving/pages/editor.js";
import { Hand } from "../../../src/scarmap/serving/pages/tools.js";
import { circle, moved, zones } from "../../../src/scarmap/serving/pages/contour.js";
import { TISSUES } from "./random.mjs";

const [WIDTH, HEIGHT, DEPTH] = [48, 44, 3];
const SIZE = WIDTH * HEIGHT;
const STUDY = {
  shape: [WIDTH, HEIGHT, DEPTH],
  spacing_mm: [1.5, 1.5, 8],
  order: [2, 1, 0],
  sequences: [{ name: "LGE", low: 0, high: 100, scale: 1, offset: 0 }],
  tissues: TISSUES.map((tissue) => ({ ...tissue, title: `tissue ${tissue.index}`, colour: "#000000" })),
};

/** A heart of two circles on the middle slice, on a desk, with what was sent to the draft. */
function reader() {
  const desk = new Desk(STUDY, new Map([["LGE", new Uint16Array(SIZE * DEPTH)]]));
  const mask = new Uint8Array(SIZE * DEPTH);
  const outside = new Uint8Array(SIZE);
  const points = { endo: circle({ x: 24, y: 22 }, 12, [1.5, 1.5], 14), epi: circle({ x: 24, y: 22 }, 22, [1.5, 1.5], 14) };
  mask.set(moved(outside, { old: outside, now: zones(points, WIDTH, HEIGHT), width: WIDTH }), SIZE);
  desk.lay(mask, mask.slice(), 1);
  const sent = [];
  const editor = new Editor(desk, { mark: (slices) => sent.push(...slices) });
  return { desk, editor, hand: new Hand(desk, editor), sent, model: mask.slice() };
}

const changed = (desk, model) => [...desk.mask.keys()].filter((voxel) => desk.mask[voxel] !== model[voxel]);

test("the desk begins in the middle, and steps from base to apex", () => {
  const { desk } = reader();
  assert.equal(desk.slice, 1);
  desk.step(1);
  assert.equal(desk.slice, 0);
  desk.step(1);
  assert.equal(desk.slice, 0);
  assert.equal(desk.place, 3);
});

test("a stroke of scar is one step, in the wall alone, and goes to the draft", () => {
  const { desk, editor, hand, sent, model } = reader();
  desk.look({ tool: "brush", tissue: 5 });
  hand.down({ x: 24, y: 22 });
  hand.move({ x: 46, y: 22 });
  hand.up();
  const voxels = changed(desk, model);
  assert.ok(voxels.length > 10);
  assert.ok(voxels.every((voxel) => model[voxel] === 3 && desk.mask[voxel] === 5));
  assert.deepEqual(sent, [1]);
  assert.deepEqual(desk.changedSlices, [1]);
  assert.deepEqual(editor.tools, ["brush"]);
  editor.undo();
  assert.deepEqual(desk.mask, model);
  assert.equal(desk.changed, false);
});

test("a stroke that is dropped leaves nothing behind", () => {
  const { desk, editor, hand, model } = reader();
  desk.look({ tool: "eraser", tissue: 3 });
  hand.down({ x: 34, y: 22 });
  hand.move({ x: 34, y: 30 });
  assert.ok(desk.changed);
  editor.cancel();
  hand.move({ x: 34, y: 36 });
  hand.up();
  assert.deepEqual(desk.mask, model);
  assert.equal(editor.history.canUndo, false);
});

test("a point of the contour that is dragged out adds wall, and back again gives the same bytes", () => {
  const { desk, editor, hand, model } = reader();
  desk.look({ tool: "epi" });
  hand.prepare();
  const { x, y } = desk.contours.points.epi[0];
  hand.down({ x, y }, { reach: 0.2 });
  hand.move({ x: x + 5, y });
  assert.ok(changed(desk, model).length > 5);
  assert.ok(changed(desk, model).every((voxel) => desk.mask[voxel] === 3));
  hand.move({ x, y });
  hand.up();
  assert.deepEqual(desk.mask, model);
  assert.equal(editor.history.canUndo, false);
});

test("the keyboard moves, adds no step where nothing changes, and undo brings the contours back", () => {
  const { desk, editor, hand, model } = reader();
  desk.look({ tool: "endo" });
  hand.prepare();
  hand.nextPoint(1);
  assert.equal(desk.contours.chosen, 1);
  const before = desk.contours.points.endo[1];
  assert.equal(hand.nudge(3, 3), true);
  assert.ok(changed(desk, model).length > 0);
  assert.deepEqual(editor.tools, ["contour"]);
  editor.undo();
  assert.deepEqual(desk.mask, model);
  assert.deepEqual(desk.contours.points.endo[1], before);
  desk.look({ tool: "brush" });
  hand.prepare();
  assert.equal(hand.nudge(1, 0), false);
});

test("a contour on an empty slice begins as a circle, and the second one makes the wall", () => {
  const { desk, hand } = reader();
  desk.look({ slice: 2, tool: "endo" });
  hand.down({ x: 24, y: 22 });
  hand.up();
  const slice = desk.sliceOf(2);
  assert.ok(slice.includes(1) && !slice.includes(3));
  desk.look({ tool: "epi" });
  hand.down({ x: 24, y: 22 });
  hand.up();
  assert.ok(slice.includes(1) && slice.includes(3));
});

test("points can be removed until four are left", () => {
  const { desk, hand } = reader();
  desk.look({ tool: "epi" });
  hand.prepare();
  for (let round = 0; round < 20; round += 1) hand.removePoint();
  assert.equal(desk.contours.points.epi.length, 4);
});

test("a part is removed in its slice, or through all slices", () => {
  for (const through of [false, true]) {
    const { desk, hand, model } = reader();
    desk.mask.set(model.subarray(SIZE, 2 * SIZE), 0);
    desk.look({ tool: "part" });
    hand.down({ x: 24, y: 22 }, { through });
    assert.equal(desk.sliceOf(1).includes(1), false);
    assert.equal(desk.sliceOf(0).includes(1), !through);
  }
});

test("a click outside the image does nothing", () => {
  const { desk, editor, hand, model } = reader();
  desk.look({ tool: "fill" });
  hand.down({ x: -4, y: 3 });
  hand.up();
  assert.deepEqual(desk.mask, model);
  assert.equal(editor.history.canUndo, false);
});

test("linked windows move together, others alone", () => {
  const { desk } = reader();
  desk.windows.set("T2", { level: 0.5, width: 1 });
  desk.setWindow("LGE", { level: 0.4, width: 0.5 });
  assert.deepEqual(desk.windows.get("T2"), { level: 0.4, width: 0.5 });
  desk.look({ linked: false });
  desk.setWindow("LGE", { level: 0.6, width: 99 });
  assert.deepEqual(desk.windows.get("T2"), { level: 0.4, width: 0.5 });
  assert.deepEqual(desk.windows.get("LGE"), { level: 0.6, width: 4 });
  assert.deepEqual(desk.windowOf("LGE"), { level: 60, width: 400, low: -140, high: 260 });
});
