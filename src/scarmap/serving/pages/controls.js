// Buttons and sliders around the images: tissues, tools, layout, overlay, window.

import { find, make, swatch } from "./dom.js";
import { neighbour } from "./order.js";
import { TOOLS } from "./tools.js";

/** Windows to choose from: level and width as parts of the range at start. */
export const PRESETS = [
  ["As at start", { level: 0.5, width: 1 }],
  ["Bright", { level: 0.35, width: 0.8 }],
  ["Dark", { level: 0.7, width: 1.1 }],
  ["Scar, high contrast", { level: 0.6, width: 0.45 }],
  ["Wall, low values", { level: 0.25, width: 0.5 }],
  ["Whole range", { level: 0.75, width: 1.6 }],
];

/** Names that are too long for a button. */
const SHORT = { mvo: "no-reflow (MVO)" };

/** @param {import("./desk.js").Desk} desk @param {import("./editor.js").Editor} editor @param {import("./tools.js").Hand} hand */
export function controls(desk, editor, hand) {
  fillTissues(desk);
  fillTools(desk, hand);
  fillBar(desk);
  find("undo").addEventListener("click", () => editor.undo());
  find("redo").addEventListener("click", () => editor.redo());
  find("copy-before").addEventListener("click", () => copy(desk, editor, -1));
  find("copy-after").addEventListener("click", () => copy(desk, editor, 1));
  const tell = () => show(desk, editor);
  desk.addEventListener("look", tell);
  desk.addEventListener("look", (event) => { if (event.detail.some((key) => key === "slice" || key === "tool")) hand.prepare(); });
  editor.addEventListener("edited", tell);
  desk.addEventListener("slice", tell);
  tell();
}

/** Copy the mask of the slice beside. */
export function copy(desk, editor, steps) {
  const from = neighbour(desk.study.order, desk.slice, steps);
  if (from === null) return;
  const source = desk.sliceOf(from).slice();
  const name = steps < 0 ? "copy from the previous slice" : "copy from the next slice";
  editor.step({ name, slices: [desk.slice], tool: "copy" }, () => desk.sliceOf(desk.slice).set(source));
}

function fillTissues(desk) {
  const shown = desk.study.tissues.filter(({ index }) => index > 0);
  find("tissues").replaceChildren(...shown.map(({ index, name, title, colour }) => make("button", {
    type: "button", class: "choice", "data-tissue": index, onclick: () => desk.look({ tissue: index }),
  }, swatch(colour), make("span", { text: SHORT[name] ?? title, title }), make("kbd", { text: String(index) }))));
}

function fillTools(desk, hand) {
  find("tools").replaceChildren(...TOOLS.map(({ id, title, key }) => make("button", {
    type: "button", class: "choice", "data-tool": id, onclick: () => { desk.look({ tool: id }); hand.prepare(); },
  }, make("span", { text: title }), make("kbd", { text: key.toUpperCase() }))));
  find("radius").addEventListener("input", () => desk.look({ radius: Number(find("radius").value) }));
}

function fillBar(desk) {
  find("window").replaceChildren(...PRESETS.map(([title], place) => make("option", { value: place, text: title })), make("option", { value: "own", text: "Own", hidden: true }));
  find("window").addEventListener("change", () => desk.setWindow(desk.sequence, PRESETS[find("window").value][1]));
  for (const id of ["layout", "linked"]) find(id).closest("label").hidden = desk.study.sequences.length < 2;
  find("slice-before").addEventListener("click", () => desk.step(-1));
  find("slice-after").addEventListener("click", () => desk.step(1));
  find("layout").addEventListener("change", () => desk.look({ layout: find("layout").value }));
  find("overlay").addEventListener("change", () => desk.look({ overlay: find("overlay").value }));
  find("opacity").addEventListener("input", () => desk.look({ opacity: Number(find("opacity").value) / 100 }));
  find("linked").addEventListener("change", () => desk.look({ linked: find("linked").checked }));
  find("heart").addEventListener("click", () => desk.look({ zoom: desk.heart }));
  find("fit").addEventListener("click", () => desk.look({ zoom: { zoom: 1, x: 0, y: 0 } }));
}

/** The next preset. */
export function nextPreset(desk) {
  const now = presetOf(desk);
  desk.setWindow(desk.sequence, PRESETS[(now + 1) % PRESETS.length][1]);
}

function presetOf(desk) {
  const { level, width } = desk.windows.get(desk.sequence);
  return PRESETS.findIndex(([, preset]) => preset.level === level && preset.width === width);
}

function show(desk, editor) {
  for (const [group, key, value] of [["tissues", "tissue", desk.tissue], ["tools", "tool", desk.tool]]) {
    for (const button of find(group).children) button.setAttribute("aria-pressed", String(button.dataset[key] === String(value)));
  }
  find("hint").textContent = TOOLS.find(({ id }) => id === desk.tool).hint;
  find("radius").value = desk.radius;
  find("radius-value").value = `${desk.radius} mm`;
  find("radius").setAttribute("aria-valuetext", `${desk.radius} millimetres`);
  const place = `Slice ${desk.place} of ${desk.study.order.length}`;
  if (find("place").value !== place) find("place").value = place;
  for (const key of ["layout", "overlay"]) find(key).value = desk[key];
  find("opacity").value = Math.round(100 * desk.opacity);
  const preset = desk.sequence ? presetOf(desk) : 0;
  find("window").value = preset < 0 ? "own" : preset;
  const { history } = editor;
  for (const [id, can, name] of [["undo", history.canUndo, history.last], ["redo", history.canRedo, history.next]]) {
    find(id).setAttribute("aria-disabled", String(!can));
    find(id).title = can ? name : "";
  }
  find("copy-before").setAttribute("aria-disabled", String(desk.place === 1));
  find("copy-after").setAttribute("aria-disabled", String(desk.place === desk.study.order.length));
}
