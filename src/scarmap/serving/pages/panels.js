// Panels of the sequences and the strip of all slices.

import { find, make } from "./dom.js";
import { coloursOf, drawTissues, greyPicture, isBlank } from "./picture.js";
import { mapOf } from "./place.js";
import { follow } from "./pointer.js";
import { View } from "./view.js";

/** Side of a small slice, in dots. */
const SMALL = 132;

/** @param {import("./desk.js").Desk} desk @param {import("./tools.js").Hand} hand @returns {{active: () => View}} */
export function panels(desk, hand) {
  const views = desk.study.sequences.map(({ name }) => new View(desk, name));
  find("panels").replaceChildren(...views.map((view) => view.element));
  for (const view of views) {
    follow(desk, view, hand);
    view.canvas.addEventListener("focus", () => desk.look({ sequence: view.sequence }));
  }
  const show = () => {
    find("panels").dataset.layout = views.length > 1 ? desk.layout : "one";
    for (const view of views) {
      view.describe();
      view.redraw();
    }
  };
  desk.addEventListener("look", show);
  desk.addEventListener("slice", (event) => { if (event.detail.includes(desk.slice)) show(); });
  show();
  strip(desk);
  return { active: () => views.find((view) => view.sequence === desk.sequence) };
}

function strip(desk) {
  let heart = { base: null, look: null };
  const look = () => {
    if (heart.base !== desk.base) heart = { base: desk.base, look: desk.heart };
    return heart.look;
  };
  const small = new Map(desk.study.order.map((slice, place) => [slice, new SmallSlice(desk, { slice, place: place + 1, heart: look })]));
  find("slices").replaceChildren(...[...small.values()].map((each) => each.element));
  let shown = null;
  const mark = () => {
    if (shown === desk.slice) return;
    shown = desk.slice;
    for (const [slice, each] of small) each.choose(slice === desk.slice);
  };
  desk.addEventListener("look", (event) => {
    mark();
    const all = ["windows", "sequence", "overlay", "opacity"].some((key) => event.detail.includes(key));
    if (all) for (const each of small.values()) each.redraw();
  });
  desk.addEventListener("slice", (event) => { for (const slice of event.detail) small.get(slice)?.redraw(); });
  for (const each of small.values()) each.redraw();
  mark();
}

class SmallSlice {
  #waits = false;

  constructor(desk, { slice, place, heart }) {
    this.desk = desk;
    this.heart = heart;
    this.slice = slice;
    this.canvas = make("canvas", { width: SMALL, height: SMALL, "aria-hidden": "true" });
    this.element = make("button", { type: "button", class: "small", "aria-label": `Slice ${place}`, "data-slice": slice, onclick: () => desk.look({ slice }) },
      this.canvas, make("span", { text: String(place), "aria-hidden": "true" }));
  }

  choose(chosen) {
    if (!chosen) this.element.removeAttribute("aria-current");
    else {
      this.element.setAttribute("aria-current", "true");
      this.element.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }

  redraw() {
    if (this.#waits) return;
    this.#waits = true;
    requestAnimationFrame(() => { this.#waits = false; this.#draw(); });
  }

  #draw() {
    const { desk, slice, canvas } = this;
    const context = canvas.getContext("2d");
    const map = mapOf(desk.grid, canvas, this.heart());
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    const values = desk.imageOf(desk.sequence, slice);
    if (values && !isBlank(values)) {
      context.setTransform(...map);
      context.drawImage(greyPicture(values, desk.windowOf(desk.sequence), desk.grid), -0.5, -0.5);
    }
    drawTissues(context, desk.sliceOf(slice), { map, grid: desk.grid, colours: coloursOf(desk.study), overlay: desk.overlay, opacity: desk.opacity, line: 1.2 });
  }
}
