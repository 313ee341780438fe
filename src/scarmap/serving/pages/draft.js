// The draft of this tab: slices go to the server one request at a time, the newest state of each, so that answers come in
// order, and a reload or a kill loses no stroke that was answered.

/** Says "figures" (`detail`: the answer) and "state" ("kept", "sending", "away", "refused"). */
export class Draft extends EventTarget {
  #waiting = new Set();
  #running = null;
  #stroke = 0;

  /**
   * @param {{open: (basedOn: number) => Promise<{draft}>, put: Function, runs: (slice: number) => number[],
   *   changed: () => number[], pause?: number}} ways how a draft is opened, how slices are put, the runs of a slice as it is
   *   now, and the slices that differ from the version; `pause` in ms before a new try.
   */
  constructor(ways) {
    super();
    this.ways = ways;
    this.id = null;
    this.basedOn = null;
    this.trouble = null;
    this.state = "kept";
  }

  /** Begin from a version; `id`: a draft that is taken up again. */
  start(basedOn, id = null) {
    this.basedOn = basedOn;
    this.id = id;
    this.trouble = null;
    this.#waiting.clear();
    this.#tell("kept");
  }

  /** Slices changed: send them. */
  mark(slices) {
    for (const slice of slices) this.#waiting.add(slice);
    this.#running ??= this.#send().finally(() => { this.#running = null; });
  }

  /** Wait until all is sent. Fails where the server refused. @returns {Promise<void>} */
  async settled() {
    while (this.#running) await this.#running;
    if (this.trouble) throw this.trouble;
  }

  /** The id of the draft; one is opened where none is. */
  async opened() {
    this.id ??= (await this.ways.open(this.basedOn)).draft;
    return this.id;
  }

  async #send() {
    this.trouble = null;
    while (this.#waiting.size) {
      const slices = [...this.#waiting];
      this.#waiting.clear();
      this.#tell("sending");
      try {
        await this.#put(slices);
      } catch (trouble) {
        for (const slice of slices) this.#waiting.add(slice);
        if (this.#reopens(trouble)) continue;
        if (trouble.status) return this.#refused(trouble);
        this.#tell("away");
        await new Promise((resolve) => setTimeout(resolve, this.ways.pause ?? 2000));
      }
    }
    return this.#tell("kept");
  }

  async #put(slices) {
    const id = await this.opened();
    const stroke = (this.#stroke += 1);
    const answer = await this.ways.put(id, Object.fromEntries(slices.map((slice) => [slice, this.ways.runs(slice)])), stroke);
    if (answer.stroke == null || answer.stroke === this.#stroke) this.dispatchEvent(new CustomEvent("figures", { detail: answer }));
  }

  /** A draft that someone threw away from another page begins anew, with all that differs from its version. */
  #reopens(trouble) {
    if (trouble.status !== 404 || this.id === null) return false;
    this.id = null;
    for (const slice of this.ways.changed()) this.#waiting.add(slice);
    return true;
  }

  #refused(trouble) {
    this.trouble = trouble;
    this.#tell("refused");
  }

  #tell(state) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}
