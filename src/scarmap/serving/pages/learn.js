// Learn: train on corrected studies in the background, look at the new model's figures, then let it read or not.

import * as api from "./api.js";
import { curve } from "./curve.js";
import { find, make, short } from "./dom.js";
import { showReader } from "./initials.js";
import { attempt, question, say } from "./notice.js";

const TITLES = { loss: "Loss", dice: "Dice on held-out slices" };
const WORDS = {
  none: "Nothing is being trained.",
  running: "Training.",
  stopped: "Stopped. It goes on where it stood.",
  done: "Done.",
  failed: "The training failed.",
};

async function show() {
  const job = await api.learning();
  const running = job.state === "running";
  find("start").hidden = running;
  find("start").textContent = job.state === "stopped" ? "Go on" : "Train on corrected studies";
  find("stop").hidden = !running;
  find("scale").disabled = running;
  const epochs = job.epochs ? ` Epoch ${job.epoch ?? 0} of ${job.epochs}.` : "";
  find("state").textContent = `${WORDS[job.state] ?? job.state}${running ? epochs : ""}${job.reason ? ` ${job.reason}` : ""}`;
  find("progress").hidden = !running;
  if (job.epochs) find("progress").value = (job.epoch ?? 0) / job.epochs;
  find("corrected").textContent = counted(job);
  showCurves(job.folds?.length ? job.folds : [job.curves ?? {}]);
  showHeldOut(job.held_out);
  return running;
}

function counted({ corrected, needed }) {
  const all = corrected === 1 ? "1 study has been corrected." : `${corrected} studies have been corrected.`;
  return corrected < needed ? `${all} Training needs ${needed}, for each of its folds holds some out.` : all;
}

/** The curves of each fold; those of one step are no curve yet. */
function showCurves(folds) {
  const drawn = folds.flatMap((each) => Object.keys(TITLES).map((name) => [titled(name, each), each[name] ?? []]));
  find("curves").replaceChildren(...drawn.filter(([, values]) => values.filter(Number.isFinite).length > 1).map(([title, values]) =>
    make("figure", { class: "curve" }, make("figcaption", { text: title }), curve(title, values))));
}

const titled = (name, { fold, stage }) => [TITLES[name], stage, fold == null ? null : `fold ${fold}`].filter(Boolean).join(", ");

const METRICS = [["dice", "Dice", 3], ["hd95_mm", "HD95, mm", 1], ["difference_ml", "volume difference, ml", 1], ["cases", "studies", 0]];

/** Figures of regions as lines: name and a number in words. */
function lines(figures, metrics = METRICS) {
  return Object.entries(figures ?? {}).flatMap(([region, found]) =>
    metrics.map(([key, title, digits]) => [`${region.replaceAll("_", " ")}: ${title}`, short(found[key], digits)]));
}

function showHeldOut(held) {
  const [now, old] = [new Map(lines(held?.new)), new Map(lines(held?.old))];
  const names = [...new Set([...now.keys(), ...old.keys()])];
  find("held-out").hidden = !names.length;
  find("held-rows").replaceChildren(...names.map((name) => make("tr", {}, make("th", { scope: "row", text: name }),
    ...[now, old].map((figures) => make("td", { class: "number", text: figures.get(name) ?? "–" })))));
}

async function showModels() {
  const { models } = await api.models();
  find("models").replaceChildren(...models.map((model) => make("tr", {},
    make("th", { scope: "row", text: model.name }),
    make("td", { text: model.about ?? "" }),
    make("td", {}, ...lines(model.figures, METRICS.slice(0, 1)).map(([name, value]) => make("div", { text: `${name} ${value}` }))),
    make("td", {}, model.current ? make("strong", { text: "in use" }) : make("button", { type: "button", text: "Use", "aria-label": `Use ${model.name}`, onclick: attempt(() => use(model)) })))));
}

async function use(model) {
  const { answer } = await question(`Let ${model.name} read from now on?`,
    [make("p", { text: "It segments studies that come from now on. The model in use now stays in the store, and can be chosen again." })],
    [["use", "Use it"], ["", "Leave"]]);
  if (answer !== "use") return;
  await api.useModel(model.name);
  say(`${model.name} is in use.`);
  await showModels();
}

async function follow() {
  for (;;) {
    const running = await show().catch(() => false);
    if (!running) await showModels().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, running ? 2000 : 8000));
  }
}

find("start").addEventListener("click", attempt(async () => {
  await api.learn({ recipe: "scarmap", epochs_scale: Number(find("scale").value) });
  await show();
}));
find("stop").addEventListener("click", attempt(async () => {
  await api.stopLearning();
  await show();
}));
showReader();
follow();
