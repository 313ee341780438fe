// One panel: a sequence of the slice at work on a canvas, with tissues, contours, brush and cursor over it.

import { spline } from "./contour.js";
import { make } from "./dom.js";
import { coloursOf, drawTissues, greyPicture, isBlank } from "./picture.js";
import { mapOf, pixelAt, screenAt } from "./place.js";

/** A brightness without an exponent. */
const whole = (value) => String(Number(value.toPrecision(3)));

const GROUND = "#000000";

export class View {
  #desk;
  #grey = { key: null, picture: null };
  #waits = false;

  /** @param {import("./desk.js").Desk} desk @param {string} sequence */
  constructor(desk, sequence) {
    this.#desk = desk;
    this.sequence = sequence;
    this.canvas = make("canvas", { tabindex: "0", role: "application", "aria-describedby": "how" });
    this.caption = make("figcaption");
    this.element = make("figure", { class: "panel", "data-sequence": sequence }, this.canvas, this.caption);
    this.brush = null;
    new ResizeObserver(() => this.redraw()).observe(this.canvas);
  }

  /** Draw soon, once for all changes until then. */
  redraw() {
    if (this.#waits) return;
    this.#waits = true;
    requestAnimationFrame(() => { this.#waits = false; this.#draw(); });
  }

  /** Map of pixels to the canvas, in its own dots. */
  get map() {
    return mapOf(this.#desk.grid, { width: this.canvas.width || 1, height: this.canvas.height || 1 }, this.#desk.zoom);
  }

  get #ratio() {
    return window.devicePixelRatio || 1;
  }

  /** Pixel coordinates under the pointer. */
  pixelOf(event) {
    const box = this.canvas.getBoundingClientRect();
    return pixelAt(this.map, { x: (event.clientX - box.left) * this.#ratio, y: (event.clientY - box.top) * this.#ratio });
  }

  /** Millimetres of the slice for one dot of the screen. */
  get millimetres() {
    const [a, b] = this.map;
    return (this.#desk.grid.spacing[0] / Math.hypot(a, b)) * this.#ratio;
  }

  #fit() {
    const box = this.canvas.getBoundingClientRect();
    const [width, height] = [Math.round(box.width * this.#ratio), Math.round(box.height * this.#ratio)];
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    return width > 0 && height > 0;
  }

  #draw() {
    if (!this.#fit()) return;
    const desk = this.#desk;
    const context = this.canvas.getContext("2d");
    const map = this.map;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = GROUND;
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.#drawImage(context, map);
    const how = { map, grid: desk.grid, colours: coloursOf(desk.study), overlay: desk.overlay, opacity: desk.opacity, ratio: this.#ratio };
    drawTissues(context, desk.sliceOf(desk.slice), how);
    context.setTransform(1, 0, 0, 1, 0, 0);
    this.#drawContours(context, map);
    this.#drawBrush(context, map);
    this.#drawCursor(context, map);
  }

  #drawImage(context, map) {
    const desk = this.#desk;
    const values = desk.imageOf(this.sequence, desk.slice);
    if (!values || isBlank(values)) return;
    const shown = desk.windowOf(this.sequence);
    const key = `${desk.slice} ${shown.low} ${shown.high}`;
    if (this.#grey.key !== key) this.#grey = { key, picture: greyPicture(values, shown, desk.grid) };
    context.setTransform(...map);
    context.imageSmoothingEnabled = desk.zoom.zoom < 6; // close by, a reader wants to see the pixels
    context.imageSmoothingQuality = "high";
    context.drawImage(this.#grey.picture, -0.5, -0.5);
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  #drawContours(context, map) {
    const held = this.#desk.contours;
    if (!held || held.slice !== this.#desk.slice) return;
    const colours = coloursOf(this.#desk.study);
    for (const which of ["endo", "epi"]) {
      const points = held.points[which];
      if (!points) continue;
      const active = this.#desk.tool === which;
      const colour = colours.get(which === "endo" ? 1 : 3);
      this.#trace(context, spline(points).map((place) => screenAt(map, place)), { colour, dashed: !active });
      if (active) points.forEach((point, index) => this.#dot(context, screenAt(map, point), { colour, chosen: index === held.chosen }));
    }
  }

  #trace(context, line, { colour, dashed }) {
    context.beginPath();
    line.forEach(({ x, y }, index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.closePath();
    context.setLineDash(dashed ? [4 * this.#ratio, 4 * this.#ratio] : []);
    context.strokeStyle = colour;
    context.lineWidth = 1.5 * this.#ratio;
    context.stroke();
    context.setLineDash([]);
  }

  #dot(context, { x, y }, { colour, chosen }) {
    context.beginPath();
    context.arc(x, y, (chosen ? 6 : 4) * this.#ratio, 0, 2 * Math.PI);
    context.fillStyle = chosen ? "#ffffff" : colour;
    context.fill();
    context.strokeStyle = "#000000";
    context.lineWidth = this.#ratio;
    context.stroke();
  }

  #drawBrush(context, map) {
    const place = this.brush ?? this.#desk.cursor;
    if (!place || !["brush", "eraser"].includes(this.#desk.tool)) return;
    const { grid, radius } = this.#desk;
    const middle = screenAt(map, place);
    const dots = (radius / grid.spacing[0]) * Math.hypot(map[0], map[1]);
    for (const [colour, line] of [["#000000", 3], ["#ffffff", 1.2]]) {
      context.beginPath();
      context.arc(middle.x, middle.y, dots, 0, 2 * Math.PI);
      context.strokeStyle = colour;
      context.lineWidth = line * this.#ratio;
      context.stroke();
    }
  }

  #drawCursor(context, map) {
    if (!this.#desk.cursor) return;
    const { x, y } = screenAt(map, this.#desk.cursor);
    const reach = 9 * this.#ratio;
    for (const [colour, line] of [["#000000", 3], ["#ffb000", 1.4]]) {
      context.beginPath();
      context.moveTo(x - reach, y);
      context.lineTo(x + reach, y);
      context.moveTo(x, y - reach);
      context.lineTo(x, y + reach);
      context.strokeStyle = colour;
      context.lineWidth = line * this.#ratio;
      context.stroke();
    }
  }

  /** Say what is shown, in the caption and for those who do not see it. */
  describe() {
    const desk = this.#desk;
    const { level, width } = desk.windowOf(this.sequence);
    const blank = isBlank(desk.imageOf(this.sequence, desk.slice));
    this.caption.textContent = `${this.sequence} · ${blank ? "no image of this slice" : `width ${whole(width)}, level ${whole(level)}`}`;
    this.canvas.setAttribute("aria-label", `${this.sequence}, slice ${desk.place} of ${desk.study.order.length}`);
    this.element.classList.toggle("active", desk.sequence === this.sequence);
  }
}
