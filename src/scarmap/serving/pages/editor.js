// Edits: what a tool does to slices is one step of the history, and goes to the draft that the server measures.

import { History } from "./history.js";

/** Says "edited" after each step, each undo and each redo. */
export class Editor extends EventTarget {
  #open = null;

  /** @param {import("./desk.js").Desk} desk @param {import("./draft.js").Draft} draft */
  constructor(desk, draft) {
    super();
    this.desk = desk;
    this.draft = draft;
    this.clear();
  }

  /** Forget all steps, for another mask lies on the desk. */
  clear() {
    this.history = new History();
    this.savedAt = 0;
    this.revision = 0;
    this.#open = null;
  }

  /** Tools of what has changed since the last version. */
  get tools() {
    return this.history.toolsFrom(this.savedAt);
  }

  /** Begin a step on some slices, unless one is open. */
  begin(name, slices) {
    this.#open ??= { name, before: new Map(slices.map((slice) => [slice, this.desk.sliceOf(slice).slice()])) };
  }

  /** Whether a step is open. */
  get busy() {
    return this.#open !== null;
  }

  /** Send what an open step did so far, so that figures follow. */
  preview() {
    if (this.#open) this.draft.mark([...this.#open.before.keys()]);
  }

  /** End the open step. @param {string} tool for the version's own account. @returns {boolean} whether pixels changed. */
  commit(tool) {
    if (!this.#open) return false;
    const { name, before } = this.#open;
    this.#open = null;
    const states = new Map([...before].map(([slice, pixels]) => [slice, { before: pixels, after: this.desk.sliceOf(slice).slice() }]));
    if (!this.history.record(name, states, tool)) return false;
    this.#tell([...before.keys()]);
    return true;
  }

  /** Take back what the open step did. */
  cancel() {
    if (!this.#open) return;
    const { before } = this.#open;
    this.#open = null;
    for (const [slice, pixels] of before) this.desk.sliceOf(slice).set(pixels);
    this.draft.mark([...before.keys()]);
    this.desk.touch([...before.keys()]);
  }

  /** One whole step. */
  step({ name, slices, tool }, change) {
    this.cancel();
    this.begin(name, slices);
    change();
    this.desk.touch(slices);
    return this.commit(tool);
  }

  undo() {
    this.#move(() => this.history.undo((slice) => this.desk.sliceOf(slice)));
  }

  redo() {
    this.#move(() => this.history.redo((slice) => this.desk.sliceOf(slice)));
  }

  #move(act) {
    this.cancel();
    const slices = act();
    if (!slices.length) return;
    if (!slices.includes(this.desk.slice)) this.desk.look({ slice: slices[0] });
    this.#tell(slices);
    this.desk.touch(slices);
  }

  #tell(slices) {
    this.revision += 1;
    this.draft.mark(slices);
    this.dispatchEvent(new Event("edited"));
  }
}
