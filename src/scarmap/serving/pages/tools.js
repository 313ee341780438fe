// Tools of the reader's hand: what a press, a drag and a release on a slice do.

import { capsule } from "./brush.js";
import { circle, contoursOf, moved, nearestPoint, spline, withPoint, zones } from "./contour.js";
import { fillAt } from "./fill.js";
import { partThrough, removePart } from "./parts.js";
import { erase, paint, under } from "./rules.js";

/** Tools in the order of the page, with their keys. */
export const TOOLS = [
  { id: "look", title: "Window", key: "a", hint: "Drag: right widens the window, up makes it brighter." },
  { id: "move", title: "Move", key: "m", hint: "Drag moves the image; Ctrl and the wheel zoom." },
  { id: "brush", title: "Brush", key: "b", hint: "Paints the tissue where it may be." },
  { id: "eraser", title: "Eraser", key: "e", hint: "Takes away the chosen tissue, nothing else." },
  { id: "endo", title: "Inner contour", key: "i", hint: "Drag a point of the endocardium; a click on the line adds one, Delete removes it." },
  { id: "epi", title: "Outer contour", key: "o", hint: "Drag a point of the epicardium; a click on the line adds one, Delete removes it." },
  { id: "fill", title: "Fill", key: "f", hint: "Paints the closed area under the click." },
  { id: "part", title: "Remove a part", key: "r", hint: "Removes the part under the click; with Shift, through all slices." },
];

/** How near the pointer must be to take hold of a point, in dots of the screen. */
const REACH = 13;

/** Radii of contours on a slice that has none, in millimetres. */
const FIRST_RADIUS = { endo: 18, epi: 28 };

const LEAST_POINTS = 4;

export class Hand {
  /** @param {import("./desk.js").Desk} desk @param {import("./editor.js").Editor} editor */
  constructor(desk, editor) {
    this.desk = desk;
    this.editor = editor;
    this.last = null;
    editor.addEventListener("edited", () => this.prepare());
  }

  get #tissue() {
    return this.desk.study.tissues.find(({ index }) => index === this.desk.tissue);
  }

  /** Read the contours off the mask, where a contour is at work and they are not those of this mask. */
  prepare() {
    const { desk, editor } = this;
    const held = desk.contours;
    if (!["endo", "epi"].includes(desk.tool)) {
      if (held) desk.look({ contours: null });
      return;
    }
    if (held?.slice === desk.slice && held.revision === editor.revision && held.mask === desk.mask) return;
    const base = desk.sliceOf(desk.slice).slice();
    const points = contoursOf(base, desk.grid.width);
    const chosen = held && points[desk.tool] ? Math.min(held.chosen, points[desk.tool].length - 1) : 0;
    desk.look({ contours: { slice: desk.slice, revision: editor.revision, mask: desk.mask, base, points, old: this.#zones(points), chosen } });
  }

  /** Read the contours off the mask again, for a stroke was dropped. */
  readAgain() {
    this.desk.contours = null;
    this.prepare();
  }

  #zones(points) {
    return zones(points, this.desk.grid.width, this.desk.grid.height);
  }

  /** Press at a place. @param {{x, y}} place in pixels. @param {{through?: boolean, reach?: number}} how reach in mm of a dot. */
  down(place, { through = false, reach = 1 } = {}) {
    const { tool } = this.desk;
    this.last = place;
    if (tool === "brush" || tool === "eraser") {
      this.editor.begin(`${tool === "brush" ? "paint" : "erase"} ${this.#tissue.title}`, [this.desk.slice]);
      this.move(place);
    } else if (tool === "fill" || tool === "part") this.#click(tool, place, through);
    else if (tool === "endo" || tool === "epi") this.#hold(tool, place, reach * REACH);
  }

  /** Drag to a place. */
  move(place) {
    const { desk, editor } = this;
    if (!editor.busy) return;
    if (desk.tool === "endo" || desk.tool === "epi") this.#drag(desk.tool, place);
    else {
      const pixels = capsule(desk.grid, this.last, place, desk.radius);
      const slice = desk.sliceOf(desk.slice);
      if (desk.tool === "brush") paint(slice, pixels, desk.tissue, desk.study.tissues);
      else erase(slice, pixels, desk.tissue);
      desk.touch([desk.slice]);
    }
    this.last = place;
  }

  /** Release. */
  up() {
    if (!this.editor.busy) return;
    if (this.desk.contours) this.#keepContours();
    else this.editor.commit(this.desk.tool);
  }

  #click(tool, place, through) {
    const { desk, editor } = this;
    const { width, height } = desk.grid;
    const [x, y] = [Math.round(place.x), Math.round(place.y)];
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    const at = y * width + x;
    const slices = tool === "part" && through ? [...desk.study.order] : [desk.slice];
    editor.step({ name: tool === "fill" ? `fill with ${this.#tissue.title}` : "remove a part", slices, tool }, () => {
      const slice = desk.sliceOf(desk.slice);
      if (tool === "fill") fillAt(slice, width, at, desk.tissue, desk.study.tissues);
      else if (through) this.#removeThrough(at);
      else removePart(slice, width, at);
    });
  }

  #removeThrough(at) {
    const { desk } = this;
    const start = desk.slice * desk.size + at;
    const left = under(desk.mask[start]);
    for (const voxel of partThrough(desk.mask, desk.grid, start)) desk.mask[voxel] = left;
  }

  #hold(which, place, reach) {
    this.prepare();
    const held = this.desk.contours;
    const { spacing } = this.desk.grid;
    const points = held.points[which];
    if (!points) {
      const first = circle(place, FIRST_RADIUS[which], spacing, 14);
      this.#begin(which, { points: { ...held.points, [which]: first }, chosen: 0 });
      this.#apply();
      return;
    }
    const near = nearestPoint(points, place, spacing);
    if (near.distance <= reach) this.#begin(which, { chosen: near.index });
    else if (nearestPoint(spline(points), place, spacing).distance <= reach) {
      const more = withPoint(points, place, spacing);
      this.#begin(which, { points: { ...held.points, [which]: more }, chosen: more.indexOf(place) });
    }
  }

  #begin(which, values) {
    const name = which === "endo" ? "move the inner contour" : "move the outer contour";
    this.editor.begin(name, [this.desk.slice]);
    this.desk.look({ contours: { ...this.desk.contours, ...values } });
  }

  #drag(which, place) {
    const held = this.desk.contours;
    const points = held.points[which].with(held.chosen, place);
    this.desk.look({ contours: { ...held, points: { ...held.points, [which]: points } } });
    this.#apply();
  }

  #apply() {
    const { desk } = this;
    const { base, old, points, slice } = desk.contours;
    desk.sliceOf(slice).set(moved(base, { old, now: this.#zones(points), width: desk.grid.width }));
    desk.touch([slice]);
  }

  /** End a step of the contours, which stay as they were drawn. */
  #keepContours() {
    const { desk, editor } = this;
    const held = desk.contours;
    desk.contours = { ...held, revision: editor.revision + 1 };
    if (!editor.commit("contour")) desk.contours = held;
  }

  /** Choose another point of the contour at work. */
  nextPoint(steps) {
    const held = this.desk.contours;
    const points = held?.points[this.desk.tool];
    if (points) this.desk.look({ contours: { ...held, chosen: (held.chosen + steps + points.length) % points.length } });
  }

  /** Move the chosen point by some pixels, as one step. @returns {boolean} false where no contour is at work. */
  nudge(right, down) {
    const { desk } = this;
    const points = desk.contours?.points[desk.tool];
    if (!points) return false;
    const point = points[desk.contours.chosen];
    this.#begin(desk.tool, {});
    this.#drag(desk.tool, { x: point.x + right, y: point.y + down });
    this.#keepContours();
    return true;
  }

  /** Remove the chosen point, as one step. */
  removePoint() {
    const { desk } = this;
    const held = desk.contours;
    const points = held?.points[desk.tool];
    if (!points || points.length <= LEAST_POINTS) return;
    const fewer = points.toSpliced(held.chosen, 1);
    this.#begin(desk.tool, { points: { ...held.points, [desk.tool]: fewer }, chosen: held.chosen % fewer.length });
    this.#apply();
    this.#keepContours();
  }
}
