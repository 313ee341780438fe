// Opening and saving: which version lies on the desk, the draft of this tab, and two readers on one study.

import * as api from "./api.js";
import { find, make, moment } from "./dom.js";
import { initials } from "./initials.js";
import { attempt, question, say } from "./notice.js";

const placeOf = (study) => `scarmap-draft-${study}`;

export class Saving {
  /** @param {{desk, editor, draft, shown: (version: number) => Promise<void>}} parts `shown`: figures and list of a version. */
  constructor({ desk, editor, draft, shown }) {
    Object.assign(this, { desk, editor, draft, shown });
    this.saving = false;
    draft.addEventListener("state", () => this.#remember());
  }

  get #id() {
    return this.desk.study.id;
  }

  #remember() {
    if (this.draft.id) sessionStorage.setItem(placeOf(this.#id), JSON.stringify({ draft: this.draft.id }));
    else sessionStorage.removeItem(placeOf(this.#id));
  }

  /** Begin: this page's own draft, or the version that is asked for, or the latest; drafts of other pages are offered. */
  async begin(asked) {
    const own = JSON.parse(sessionStorage.getItem(placeOf(this.#id)) ?? "null")?.draft;
    const open = await api.drafts(this.#id);
    const mine = open.find(({ draft }) => draft === own);
    if (mine) await this.#goOn(mine);
    else {
      await this.open(asked ?? this.desk.study.latest);
      for (const each of open) await this.#offer(each);
    }
  }

  /** Offer the draft of another page, unless it holds nothing but its version. */
  async #offer(each) {
    const [mask, base] = await this.#read(each);
    if (mask.every((value, at) => value === base[at])) return;
    const who = each.author ? ` of ${each.author}` : "";
    say(`Edits${who} from version ${each.based_on} were not saved, ${moment(each.changed)}.`, {
      actions: [["Take up", attempt(() => this.#takeUp(each))], ["Drop", attempt(() => api.dropDraft(each.draft))], ["Leave", () => {}]],
    });
  }

  #read({ draft, based_on: basedOn }) {
    return Promise.all([api.draftMask(draft), api.mask(this.#id, basedOn)]);
  }

  /** Go on with this page's own draft, after a reload. */
  async #goOn(mine) {
    const [mask, base] = await this.#read(mine);
    await this.#lay(mask, base, { number: mine.based_on, draft: mine.draft });
    this.draft.mark([this.desk.slice]); // so that the figures are those of the draft
  }

  /** Take up what another page left, as a draft of this one. */
  async #takeUp(other) {
    const [mask, base] = await this.#read(other);
    await this.#lay(mask, base, { number: other.based_on, draft: null });
    this.draft.mark(this.desk.changedSlices);
    await this.draft.settled();
    await api.dropDraft(other.draft);
  }

  /** Lay a version on the desk. */
  async open(number) {
    const mask = await api.mask(this.#id, number);
    await this.#lay(mask, mask.slice(), { number, draft: null });
  }

  async #lay(mask, base, { number, draft }) {
    await this.draft.settled().catch(() => {});
    this.editor.clear();
    this.draft.start(number, draft);
    this.desk.lay(mask, base, number);
    this.#remember();
    await this.shown(number);
  }

  /** Open another version; edits that are not saved are asked about. */
  async change(number) {
    if (this.desk.changed) {
      const { answer } = await question("Your edits are not saved", [make("p", { text: `Save them as a version before version ${number} is opened?` })],
        [["save", "Save"], ["drop", "Drop them"], ["", "Stay"]]);
      if (!answer) return;
      if (answer === "save" && !(await this.save())) return;
      if (answer === "drop" && this.draft.id) await api.dropDraft(this.draft.id);
    }
    await this.open(number);
  }

  /** Save the draft as a new version. @returns {Promise<boolean>} whether it was saved. */
  async save() {
    if (this.saving) return false;
    if (!this.desk.changed) {
      say("Nothing to save: the mask is that of the version on the desk.");
      return false;
    }
    this.saving = true;
    try {
      const author = await initials();
      return author ? await this.#send(author) : false;
    } finally {
      this.saving = false;
    }
  }

  async #send(author) {
    if (this.draft.trouble) this.draft.mark(this.desk.changedSlices); // once more
    await this.draft.settled();
    const mask = this.desk.mask.slice();
    const { length } = this.editor.history;
    const sent = { draft: await this.draft.opened(), author, note: find("note").value.trim(), with: this.editor.tools };
    try {
      const { number } = await api.keep(this.#id, sent);
      return await this.#saved({ number, mask, length });
    } catch (trouble) {
      if (trouble.status !== 409) throw trouble;
      return this.#conflict(trouble, sent, { mask, length });
    }
  }

  async #saved({ number, mask, length }) {
    this.draft.start(number);
    this.desk.base = mask;
    this.desk.version = number;
    const later = this.desk.changedSlices;
    this.editor.savedAt = length;
    find("note").value = "";
    if (later.length) this.draft.mark(later); // painted while the save was on its way
    this.#remember();
    await this.shown(number);
    say(`Saved as version ${number}.`);
    return true;
  }

  /** Someone saved since: nothing is lost, the reader chooses. */
  async #conflict(trouble, sent, now) {
    const latest = trouble.body.latest;
    const { answer } = await question("Another version was saved since you began",
      [make("p", { text: trouble.message }), make("p", { text: "Your edits can stand beside it, as a version of their own. None is lost." })],
      [["beside", "Save beside"], ["compare", "Save beside and compare"], ["", "Go on editing"]]);
    if (!answer) return false;
    const { number } = await api.keep(this.#id, { ...sent, beside: true });
    const saved = await this.#saved({ number, ...now });
    if (answer === "compare") location.assign(`/compare/${encodeURIComponent(this.#id)}?a=${latest}&b=${number}`);
    return saved;
  }
}
