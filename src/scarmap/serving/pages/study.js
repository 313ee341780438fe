// The study page: reads the study, lays it on the desk, and ties the parts together.

import * as api from "./api.js";
import { controls, copy, nextPreset } from "./controls.js";
import { Desk } from "./desk.js";
import { find, make } from "./dom.js";
import { Draft } from "./draft.js";
import { Editor } from "./editor.js";
import { showFigures, showState } from "./figures.js";
import { known, showReader } from "./initials.js";
import { listen, toggleSheet } from "./keys.js";
import { marking } from "./marking.js";
import { attempt } from "./notice.js";
import { panels } from "./panels.js";
import { zoomAt } from "./pointer.js";
import { encode } from "./runs.js";
import { Saving } from "./saving.js";
import { Hand, TOOLS } from "./tools.js";
import { showVersions } from "./versions.js";

async function open() {
  const id = decodeURIComponent(location.pathname.split("/")[2]);
  const study = await api.study(id);
  head(study);
  if (study.status !== "segmented" && study.status !== "corrected") {
    if (study.status !== "failed") reloadOnceReady(id);
    throw new Error(study.reason ?? "This study has no mask yet. This page opens it once it has.");
  }
  const images = new Map(await Promise.all(study.sequences.map(async ({ name }) => [name, await api.image(id, name)])));
  const desk = new Desk(study, images);
  const draft = new Draft({
    open: (basedOn) => api.openDraft(id, basedOn, known()), put: api.putSlices, runs: (slice) => encode(desk.sliceOf(slice)), changed: () => desk.changedSlices,
  });
  const editor = new Editor(desk, draft);
  const hand = new Hand(desk, editor);
  const saving = new Saving({ desk, editor, draft, shown: (number) => shown(number) });
  let base = null;

  /** Read what belongs to a version anew: figures and the list of versions. */
  async function shown(number) {
    const [figures, fresh] = await Promise.all([api.figures(id, number), api.study(id)]);
    Object.assign(desk.study, { versions: fresh.versions, latest: fresh.latest, status: fresh.status, reason: fresh.reason });
    base = figures;
    if (!desk.changed) showFigures(figures);
    list();
    tellState();
  }

  const list = () => showVersions(desk.study, desk.version, {
    open: (number) => saving.change(number),
    changed: () => shown(desk.version),
  });
  const tellState = () => showState(draft.state, { changed: desk.changed, trouble: draft.trouble });

  draft.addEventListener("figures", (event) => showFigures(event.detail, base));
  draft.addEventListener("state", tellState);
  editor.addEventListener("edited", tellState);
  find("room").hidden = false;
  find("waiting").hidden = true;
  controls(desk, editor, hand);
  const { active } = panels(desk, hand);
  marking(desk, editor);
  const save = attempt(() => saving.save());
  find("save").addEventListener("click", save);
  find("help").addEventListener("click", toggleSheet);
  listen(groups({ desk, editor, hand, active, save }), () => editor.busy);
  window.addEventListener("beforeunload", (event) => { if (draft.state === "away" || draft.state === "refused") event.preventDefault(); });
  const asked = Number(new URLSearchParams(location.search).get("version")) || null;
  await saving.begin(asked);
  desk.look({ zoom: desk.heart });
  active()?.canvas.focus({ preventScroll: true });
}

/** Wait until the study is segmented, or failed, and open it anew. */
async function reloadOnceReady(id) {
  for (let now = 0; ;) {
    const told = await api.events(now).catch(() => null);
    const status = told?.changed.includes(id) ? await api.study(id).then((study) => study.status, () => null) : null;
    if (status && status !== "waiting" && status !== "running") location.reload();
    if (!told) await new Promise((resolve) => setTimeout(resolve, 3000));
    now = told?.now ?? now;
  }
}

function head(study) {
  document.title = `${study.name} – scarmap`;
  find("name").textContent = study.name;
  for (const side of ["previous", "next"]) {
    find(side).hidden = !study[side];
    if (study[side]) find(side).href = `/study/${encodeURIComponent(study[side])}`;
  }
  if (study.earlier?.length) {
    find("earlier").replaceChildren(make("h3", { text: "Earlier studies" }), make("ul", {}, ...study.earlier.map((each) => {
      const other = typeof each === "string" ? { id: each, name: each } : each;
      return make("li", {}, make("a", { href: `/compare/${encodeURIComponent(study.id)}?a=${encodeURIComponent(other.id)}:latest&b=${study.latest}`, text: `Compare with ${other.name}` }));
    })));
  }
}

/** Where the keyboard's cursor stands at first: the middle of what is shown. */
const middle = (desk) => ({ x: Math.round((desk.grid.width - 1) / 2), y: Math.round((desk.grid.height - 1) / 2) });

function arrow(desk, hand, right, down) {
  if (hand.nudge(right, down)) return;
  const { x, y } = desk.cursor ?? middle(desk);
  const within = (value, most) => Math.min(most - 1, Math.max(0, value));
  desk.look({ cursor: { x: within(x + right, desk.grid.width), y: within(y + down, desk.grid.height) } });
}

function use(desk, hand, through) {
  const place = desk.cursor ?? middle(desk);
  desk.look({ cursor: place });
  hand.down(place, { through });
  hand.up();
}

const ARROWS = [["ArrowLeft", -1, 0], ["ArrowRight", 1, 0], ["ArrowUp", 0, -1], ["ArrowDown", 0, 1]];

function groups({ desk, editor, hand, active, save }) {
  const key = (keys, title, act) => ({ keys, title, act });
  const turn = (steps) => {
    const names = desk.study.sequences.map(({ name }) => name);
    if (names.length) desk.look({ sequence: names[(names.indexOf(desk.sequence) + steps + names.length) % names.length] });
  };
  const cycle = (values, now) => values[(values.indexOf(now) + 1) % values.length];
  const press = (id, value) => () => { desk.look({ [id]: value }); hand.prepare(); };
  const arrows = (held, title, stride) => ARROWS.map(([name, right, down], place) => ({
    keys: [held + name], shown: [`${held}arrows`], title: place ? null : title, act: () => arrow(desk, hand, stride * right, stride * down),
  }));
  const size = (steps) => desk.look({ radius: Math.min(20, Math.max(0.5, desk.radius + steps)) });
  return [
    { title: "Look", keys: [
      key(["ArrowUp", "PageUp"], "previous slice, towards the base", () => desk.step(-1)),
      key(["ArrowDown", "PageDown"], "next slice, towards the apex", () => desk.step(1)),
      key(["ArrowLeft"], "previous sequence", () => turn(-1)),
      key(["ArrowRight"], "next sequence", () => turn(1)),
      key(["l"], "outlines, filled, hidden", () => desk.look({ overlay: cycle(["outlines", "filled", "none"], desk.overlay) })),
      key(["w"], "next window", () => nextPreset(desk)),
      key(["s"], "next layout", () => desk.look({ layout: cycle(["main", "side", "one"], desk.layout) })),
      key(["+", "="], "larger", () => zoomAt(desk, active(), 1.25)),
      key(["-"], "smaller", () => zoomAt(desk, active(), 0.8)),
      key(["h"], "the heart", () => desk.look({ zoom: desk.heart })),
      key(["0"], "the whole slice", () => desk.look({ zoom: { zoom: 1, x: 0, y: 0 } })),
    ] },
    { title: "Tools", keys: TOOLS.map(({ id, title, key: letter }) => key([letter], title.toLowerCase(), press("tool", id))) },
    { title: "Tissues", keys: desk.study.tissues.filter(({ index }) => index).map(({ index, title }) => key([String(index)], title, press("tissue", index))) },
    { title: "Correct", keys: [
      ...arrows("Shift+", "move the cursor, or the chosen point of a contour", 1),
      ...arrows("Alt+Shift+", "the same, five pixels", 5),
      key([" "], "use the tool at the cursor", () => use(desk, hand, false)),
      key(["Shift+ "], "remove a part through all slices", () => use(desk, hand, true)),
      key(["n"], "next point of the contour", () => hand.nextPoint(1)),
      key(["p"], "previous point of the contour", () => hand.nextPoint(-1)),
      key(["Delete", "Backspace"], "remove the chosen point", () => hand.removePoint()),
      key(["["], "smaller brush", () => size(-0.5)),
      key(["]"], "larger brush", () => size(0.5)),
      key([","], "copy from the previous slice", () => copy(desk, editor, -1)),
      key(["."], "copy from the next slice", () => copy(desk, editor, 1)),
      key(["t"], "scar above a threshold", () => { find("threshold").open = true; find("method").focus(); }),
      key(["Escape"], "drop the open stroke", () => { editor.cancel(); hand.readAgain(); }),
      key(["Ctrl+z"], "undo", () => editor.undo()),
      key(["Ctrl+Shift+z", "Ctrl+y"], "redo", () => editor.redo()),
      key(["Ctrl+s"], "save a version", save),
      key(["?"], "this sheet", toggleSheet),
    ] },
  ];
}

showReader();
open().catch((trouble) => {
  find("waiting").textContent = trouble.message;
  find("waiting").hidden = false;
});
