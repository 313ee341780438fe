// Undo and redo without end: each entry holds the pixels that changed, with what they were and what they became.

/** What changed between two states of a slice: positions, old and new values, or null for nothing. */
export function difference(before, after) {
  const at = [];
  for (let index = 0; index < before.length; index += 1) if (before[index] !== after[index]) at.push(index);
  if (!at.length) return null;
  return {
    at: Uint32Array.from(at),
    old: Uint8Array.from(at, (index) => before[index]),
    new: Uint8Array.from(at, (index) => after[index]),
  };
}

export class History {
  #done = [];
  #undone = [];

  /**
   * Keep one edit.
   * @param {string} name of the edit, for people.
   * @param {Map<number, {before: Uint8Array, after: Uint8Array}>} slices what each slice was and became.
   * @param {string} tool for the version's own account.
   * @returns {boolean} false where nothing changed, which is not kept.
   */
  record(name, slices, tool = name) {
    const changes = new Map();
    for (const [slice, { before, after }] of slices) {
      const change = difference(before, after);
      if (change) changes.set(slice, change);
    }
    if (!changes.size) return false;
    this.#done.push({ name, tool, changes });
    this.#undone = [];
    return true;
  }

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  /** Name of the edit that an undo takes back, or null. */
  get last() {
    return this.#done.at(-1)?.name ?? null;
  }

  /** Name of the edit that a redo brings again, or null. */
  get next() {
    return this.#undone.at(-1)?.name ?? null;
  }

  /** Names of the edits that hold, oldest first. */
  get names() {
    return this.#done.map((entry) => entry.name);
  }

  /** How many edits hold. */
  get length() {
    return this.#done.length;
  }

  /** Tools of the edits that hold, each once; those from `first` on, or "undo" where there are fewer. */
  toolsFrom(first) {
    if (this.#done.length < first) return ["undo"];
    return [...new Set(this.#done.slice(first).map((entry) => entry.tool))];
  }

  /** Take the last edit back. @param {(slice: number) => Uint8Array} sliceOf a view that is written to. @returns {number[]} slices that changed. */
  undo(sliceOf) {
    return this.#move(this.#done, this.#undone, "old", sliceOf);
  }

  /** Bring the edit again that was taken back last; as `undo`. */
  redo(sliceOf) {
    return this.#move(this.#undone, this.#done, "new", sliceOf);
  }

  #move(from, to, values, sliceOf) {
    const entry = from.pop();
    if (!entry) return [];
    for (const [slice, change] of entry.changes) {
      const pixels = sliceOf(slice);
      change.at.forEach((index, place) => {
        pixels[index] = change[values][place];
      });
    }
    to.push(entry);
    return [...entry.changes.keys()];
  }
}
