// What lies on the reader's desk: one study, its images, the mask at work, and how it is looked at.

import { neighbour } from "./order.js";
import { lookAt } from "./place.js";

/** Says "look" when the view changes, "slice" when pixels of slices change (`detail`: their numbers). */
export class Desk extends EventTarget {
  /**
   * @param {object} study as the server describes it.
   * @param {Map<string, Uint16Array>} images stored values of each sequence, slice after slice.
   */
  constructor(study, images) {
    super();
    this.study = study;
    this.images = images;
    const [width, height] = study.shape;
    this.grid = { width, height, spacing: [study.spacing_mm[0], study.spacing_mm[1]], turn: study.turn ?? 0, flip: Boolean(study.flip) };
    this.size = width * height;
    this.mask = new Uint8Array(this.size * study.shape[2]);
    this.base = this.mask.slice();
    this.version = null;
    this.slice = study.order[Math.floor(study.order.length / 2)];
    this.sequence = study.sequences[0]?.name ?? null;
    this.layout = "main";
    this.tool = "look";
    this.tissue = 5;
    this.radius = 4;
    this.overlay = "outlines";
    this.opacity = 0.5;
    this.zoom = { zoom: 1, x: 0, y: 0 };
    this.linked = true;
    this.windows = new Map(study.sequences.map(({ name }) => [name, { level: 0.5, width: 1 }]));
    this.cursor = null;
    this.contours = null;
  }

  /** Change how the study is looked at, and tell. */
  look(values) {
    Object.assign(this, values);
    this.dispatchEvent(new CustomEvent("look", { detail: Object.keys(values) }));
  }

  /** How to look at the heart: what the mask holds, with room around it. */
  get heart() {
    return lookAt(this.base, this.grid);
  }

  /** Tell that pixels of slices changed. */
  touch(slices) {
    this.dispatchEvent(new CustomEvent("slice", { detail: slices }));
  }

  /** Lay another mask on the desk. @param {Uint8Array} base the version that it began from. */
  lay(mask, base, version) {
    this.mask = mask;
    this.base = base;
    this.version = version;
    this.touch([...this.study.order]);
  }

  /** The pixels of a slice, which may be written to. */
  sliceOf(slice) {
    return this.mask.subarray(slice * this.size, (slice + 1) * this.size);
  }

  /** Stored values of a slice, or null where the sequence is missing. */
  imageOf(sequence, slice) {
    return this.images.get(sequence)?.subarray(slice * this.size, (slice + 1) * this.size) ?? null;
  }

  /** Whether the mask differs from the version that it began from. */
  get changed() {
    return this.mask.some((value, at) => value !== this.base[at]);
  }

  /** The slices that differ from the version that the mask began from. */
  get changedSlices() {
    return this.study.order.filter((slice) => {
      const start = slice * this.size;
      return this.sliceOf(slice).some((value, at) => value !== this.base[start + at]);
    });
  }

  /** Move some slices towards the apex. */
  step(steps) {
    const next = neighbour(this.study.order, this.slice, steps);
    if (next !== null) this.look({ slice: next });
  }

  /** Number of the slice for people, from 1 at the base. */
  get place() {
    return this.study.order.indexOf(this.slice) + 1;
  }

  /** Window of a sequence, in scanner units and in stored values. */
  windowOf(sequence) {
    const { low, high, scale, offset } = this.study.sequences.find(({ name }) => name === sequence);
    const { level, width } = this.windows.get(sequence);
    const [middle, whole] = [low + level * (high - low), Math.max(scale, width * (high - low))];
    const stored = (value) => (value - offset) / scale;
    return { level: middle, width: whole, low: stored(middle - whole / 2), high: stored(middle + whole / 2) };
  }

  /** Set the window, as parts of the one at start; of all sequences where they are linked. */
  setWindow(sequence, window) {
    const width = Math.min(4, Math.max(0.02, window.width));
    const level = Math.min(2, Math.max(-1, window.level));
    const windows = new Map(this.windows);
    for (const name of this.linked ? windows.keys() : [sequence]) windows.set(name, { level, width });
    this.look({ windows });
  }
}
