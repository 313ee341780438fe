// Compare: model against reader, reader against reader, earlier against later study.

import * as api from "./api.js";
import { Desk } from "./desk.js";
import { COLOURS, ONLY_A, ONLY_B, BOTH, REGIONS, sides } from "./differences.js";
import { find, make, moment, short, swatch } from "./dom.js";
import { attempt, say } from "./notice.js";
import { coloursOf, drawTissues, greyPicture, isBlank, tissuePicture } from "./picture.js";
import { lookAt, mapOf } from "./place.js";

const SMALL = 168;
const WHOLE = { zoom: 1, x: 0, y: 0 };
const KINDS = { model: "model", reader: "reader", import: "given mask" };

/** One side: a version of a study with its images and mask on a desk. */
async function side(key, studies) {
  const [id, number] = key.split(":");
  if (!studies.has(id)) studies.set(id, await api.study(id));
  const study = studies.get(id);
  const version = number === "latest" || !number ? study.latest : Number(number);
  const [mask, ...images] = await Promise.all([api.mask(id, version), ...study.sequences.map(({ name }) => api.image(id, name))]);
  const desk = new Desk(study, new Map(study.sequences.map(({ name }, at) => [name, images[at]])));
  desk.lay(mask, mask, version);
  return { key: `${id}:${version}`, desk };
}

/** How to look at each heart: at what either mask holds, where both lie on the same images; else both at the same scale. */
function looksAt([one, other], same) {
  if (!same) {
    const hearts = [one, other].map((desk) => ({ desk, look: desk.heart, side: Math.max(...desk.grid.spacing.map((mm, at) => mm * desk.study.shape[at])) }));
    const scale = Math.min(...hearts.map(({ look, side }) => look.zoom / side));
    return new Map(hearts.map(({ desk, look, side }) => [desk, { ...look, zoom: scale * side }]));
  }
  const both = lookAt(one.mask.map((value, at) => value || other.mask[at]), one.grid);
  return new Map([one, other].map((desk) => [desk, both]));
}

class Comparison {
  constructor(id) {
    this.id = id;
    this.studies = new Map();
    this.shown = { place: 0, region: REGIONS[0], sequence: null, opacity: 0.6, whole: false };
  }

  async begin() {
    const study = await api.study(this.id);
    this.studies.set(this.id, study);
    document.title = `Compare ${study.name} – scarmap`;
    find("name").textContent = study.name;
    find("study").href = `/study/${encodeURIComponent(this.id)}`;
    const asked = new URLSearchParams(location.search);
    const whole = (value, fallback) => (value ? (value.includes(":") ? value : `${this.id}:${value}`) : `${this.id}:${fallback}`);
    this.keys = { a: whole(asked.get("a"), study.versions[0].number), b: whole(asked.get("b"), study.latest) };
    await this.#fillChoices(study);
    this.#fillBar();
    await this.load();
  }

  /** Versions of this study, and the latest of earlier ones of the same name. */
  async #fillChoices(study) {
    const choices = study.versions.map((version) => [`${this.id}:${version.number}`, this.#titled(version)]);
    for (const each of study.earlier ?? []) {
      const other = typeof each === "string" ? each : each.id;
      if (!this.studies.has(other)) this.studies.set(other, await api.study(other));
      const known = this.studies.get(other);
      if (known.latest) choices.push([`${other}:${known.latest}`, `${known.name}, version ${known.latest}`]);
    }
    for (const which of ["a", "b"]) {
      find(which).replaceChildren(...choices.map(([value, text]) => make("option", { value, text })));
      find(which).addEventListener("change", attempt(() => { this.keys[which] = find(which).value; return this.load(); }));
      find(`side-${which}`).replaceChildren(swatch(COLOURS.get(which === "a" ? ONLY_A : ONLY_B)), `Mask ${which.toUpperCase()}`);
    }
  }

  #titled(version) {
    return [`Version ${version.number}`, KINDS[version.kind], version.author, moment(version.made)].filter(Boolean).join(" · ");
  }

  #fillBar() {
    find("region").replaceChildren(...REGIONS.map(({ id, title }) => make("option", { value: id, text: title })));
    find("region").addEventListener("change", () => this.#show({ region: REGIONS.find(({ id }) => id === find("region").value) }));
    find("sequence").addEventListener("change", () => this.#show({ sequence: find("sequence").value }));
    find("opacity").addEventListener("input", () => this.#show({ opacity: find("opacity").value / 100 }));
    find("whole").addEventListener("change", () => this.#show({ whole: find("whole").checked }));
    find("slice-before").addEventListener("click", () => this.#turn(-1));
    find("slice-after").addEventListener("click", () => this.#turn(1));
    find("panels").addEventListener("wheel", (event) => { event.preventDefault(); this.#turn(Math.sign(event.deltaY)); }, { passive: false });
    document.addEventListener("keydown", (event) => {
      const steps = { ArrowUp: -1, PageUp: -1, ArrowDown: 1, PageDown: 1 }[event.key];
      if (!steps || event.target.closest("select, input")) return;
      event.preventDefault();
      this.#turn(steps);
    });
  }

  /** Read both sides and what the server says of them. */
  async load() {
    const [a, b] = await Promise.all([side(this.keys.a, this.studies), side(this.keys.b, this.studies)]);
    const told = await api.compare(a.key, b.key);
    this.#choose("a", a);
    this.#choose("b", b);
    Object.assign(this, { a, b, same: told.same_grid, looks: looksAt([a.desk, b.desk], told.same_grid) });
    const place = Math.min(this.shown.place || Math.floor(a.desk.study.order.length / 2), this.#count - 1);
    const names = a.desk.study.sequences.map(({ name }) => name);
    find("sequence").replaceChildren(...names.map((name) => make("option", { value: name, text: name })));
    this.#tables(told);
    this.#fillKey();
    this.#fillPanels();
    this.#show({ place, sequence: names.includes(this.shown.sequence) ? this.shown.sequence : names[0] });
    history.replaceState(null, "", `?a=${encodeURIComponent(this.keys.a)}&b=${encodeURIComponent(this.keys.b)}`);
  }

  /** Show a side as chosen, also one that was no choice before. */
  #choose(which, { key, desk }) {
    this.keys[which] = key;
    const known = [...find(which).options].some(({ value }) => value === key);
    if (!known) find(which).append(make("option", { value: key, text: `${desk.study.name}, version ${desk.version}` }));
    find(which).value = key;
  }

  get #count() {
    return Math.max(this.a.desk.study.order.length, this.same ? 0 : this.b.desk.study.order.length);
  }

  #tables(told) {
    find("told").textContent = told.same_grid
      ? "Both masks lie on the same images. Differences are painted on the slices."
      : "The two lie on different images: they stand side by side, and no voxel is compared.";
    find("agreement").hidden = !told.agreement.length;
    find("agreement-rows").replaceChildren(...told.agreement.map((each) => make("tr", {},
      make("th", { scope: "row", text: each.title }),
      ...[short(each.dice, 3), short(each.hd95_mm), signed(each.difference_ml)].map((text) => make("td", { class: "number", text })))));
    find("figure-rows").replaceChildren(...told.figures.filter(({ a, b }) => a != null || b != null).map((each) => make("tr", {},
      make("th", { scope: "row", text: each.unit ? `${each.title}, ${each.unit}` : each.title }),
      ...[short(each.a), short(each.b), signed(each.difference)].map((text) => make("td", { class: "number", text })))));
  }

  #fillKey() {
    const words = this.same ? [[ONLY_A, "only A"], [ONLY_B, "only B"], [BOTH, "both"]] : [];
    find("key").replaceChildren(...words.map(([which, text]) => make("span", {}, swatch(COLOURS.get(which)), text)));
    find("region").disabled = !this.same;
  }

  #fillPanels() {
    const titles = this.same ? ["Differences", "Without overlay"] : ["A", "B"];
    this.large = titles.map((title) => {
      const canvas = make("canvas", { role: "img" });
      new ResizeObserver(() => this.#draw()).observe(canvas);
      const caption = make("figcaption");
      return { title, canvas, caption, element: make("figure", { class: "panel active" }, canvas, caption) };
    });
    find("panels").replaceChildren(...this.large.map(({ element }) => element));
    this.small = Array.from({ length: this.#count }, (_, place) => make("canvas", { width: SMALL, height: SMALL, "aria-hidden": "true" }));
    find("slices").replaceChildren(...this.small.map((canvas, place) => make("button", {
      type: "button", class: "small", "aria-label": `Slice ${place + 1}`, onclick: () => this.#show({ place }),
    }, canvas, make("span", { text: String(place + 1), "aria-hidden": "true" }))));
  }

  #turn(steps) {
    this.#show({ place: Math.min(this.#count - 1, Math.max(0, this.shown.place + steps)) });
  }

  #show(values) {
    Object.assign(this.shown, values);
    const { place } = this.shown;
    find("place").value = `Slice ${place + 1} of ${this.#count}`;
    [...find("slices").children].forEach((button, at) => {
      if (at === place) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
    find("slices").children[place].scrollIntoView({ block: "nearest", inline: "nearest" });
    if (Object.keys(values).some((key) => key !== "place")) this.small.forEach((canvas, at) => this.#picture(canvas, this.a.desk, at, this.same));
    this.#draw();
  }

  #draw() {
    if (this.shown.sequence === null) return;
    const ratio = window.devicePixelRatio || 1;
    this.large.forEach((panel, at) => {
      const box = panel.canvas.getBoundingClientRect();
      Object.assign(panel.canvas, { width: Math.round(box.width * ratio), height: Math.round(box.height * ratio) });
      const desk = !this.same && at === 1 ? this.b.desk : this.a.desk;
      this.#picture(panel.canvas, desk, this.shown.place, this.same && at === 0, { plain: this.same && at === 1 });
      const text = `${panel.title} · ${this.same ? "" : `${desk.study.name} · `}${this.shown.sequence} · slice ${this.shown.place + 1}`;
      panel.caption.textContent = text;
      panel.canvas.setAttribute("aria-label", text);
    });
  }

  /** One slice, with the differences or with the tissues over it. */
  #picture(canvas, desk, place, differences, { plain = false } = {}) {
    const context = canvas.getContext("2d");
    const map = mapOf(desk.grid, canvas, this.shown.whole ? WHOLE : this.looks.get(desk));
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    const slice = desk.study.order[place];
    if (slice === undefined) return;
    const sequence = desk.images.has(this.shown.sequence) ? this.shown.sequence : desk.study.sequences[0]?.name;
    const values = desk.imageOf(sequence, slice);
    context.setTransform(...map);
    if (values && !isBlank(values)) context.drawImage(greyPicture(values, desk.windowOf(sequence), desk.grid), -0.5, -0.5);
    if (plain) return;
    if (!differences) drawTissues(context, desk.sliceOf(slice), { map, grid: desk.grid, colours: coloursOf(desk.study), overlay: "outlines", opacity: this.shown.opacity });
    else this.#differences(context, slice);
  }

  #differences(context, slice) {
    const found = sides(this.a.desk.sliceOf(slice), this.b.desk.sliceOf(slice), this.shown.region.tissues);
    context.globalAlpha = this.shown.opacity;
    context.imageSmoothingEnabled = false;
    context.drawImage(tissuePicture(found, COLOURS, this.a.desk.grid), -0.5, -0.5);
    context.globalAlpha = 1;
    context.imageSmoothingEnabled = true;
  }
}

const signed = (value) => (value == null ? "–" : `${value > 0 ? "+" : value < 0 ? "−" : ""}${short(Math.abs(value))}`);

new Comparison(decodeURIComponent(location.pathname.split("/")[2])).begin().catch((trouble) => say(trouble.message, { kind: "trouble", stays: true }));
