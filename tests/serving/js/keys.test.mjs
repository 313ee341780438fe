import assert from "node:assert/strict";
import { test } from "node:test";
import { nameOf } from "../../../src/scarmap/serving/pages/keys.js";

const key = (pressed, held = {}) => nameOf({ key: pressed, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...held });

test("letters are the same with and without Shift, unless Ctrl is held", () => {
  assert.equal(key("B", { shiftKey: true }), "b");
  assert.equal(key("?", { shiftKey: true }), "?");
  assert.equal(key("Z", { shiftKey: true, ctrlKey: true }), "Ctrl+Shift+z");
  assert.equal(key("z", { metaKey: true }), "Ctrl+z");
});

test("arrows and the space bar tell Shift and Alt", () => {
  assert.equal(key("ArrowUp", { shiftKey: true }), "Shift+ArrowUp");
  assert.equal(key("ArrowUp", { shiftKey: true, altKey: true }), "Alt+Shift+ArrowUp");
  assert.equal(key(" ", { shiftKey: true }), "Shift+ ");
});

test("a bracket that a keyboard writes with AltGr is a bracket", () => {
  assert.equal(key("[", { ctrlKey: true, altKey: true, getModifierState: () => true }), "[");
});
