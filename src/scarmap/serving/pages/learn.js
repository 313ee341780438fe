// Learn: train on corrected studies in the background, look at the new model's figures, then let it read or not.

import * as api from "./api.js";
import { curve } from "./curve.js";
import { find, make, short } from "./dom.js";
import { showReader } from "./initials.js";
import { attempt, question, say, sayTrouble } from "./notice.js";

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
  showCurves(job.curves ?? {});
  showHeldOut(job.held_out);
  return running;
}

function showCurves(curves) {
  const shown = Object.entries(curves).filter(([, values]) => values?.length > 1);
  find("curves").replaceChildren(...shown.map(([name, values]) => make("figure", { class: "curve" }, make("figcaption", { text: TITLES[name] ?? name }), curve(TITLES[name] ?? name, values))));
}

const named = (figures) => Object.entries(figures ?? {});
const worded = (value) => (typeof value === "number" ? short(value, Math.abs(value) < 2 ? 3 : 1) : value ?? "–");

function showHeldOut(held) {
  const names = [...new Set([...named(held?.new), ...named(held?.old)].map(([name]) => name))];
  find("held-out").hidden = !names.length;
  find("held-rows").replaceChildren(...names.map((name) => make("tr", {}, make("th", { scope: "row", text: name.replaceAll("_", " ") }),
    ...[held.new?.[name], held.old?.[name]].map((value) => make("td", { class: "number", text: worded(value) })))));
}

async function showModels() {
  const { models } = await api.models();
  find("models").replaceChildren(...models.map((model) => make("tr", {},
    make("th", { scope: "row", text: model.name }),
    make("td", { text: model.about ?? "" }),
    make("td", {}, ...named(model.figures).map(([name, value]) => make("div", { text: `${name.replaceAll("_", " ")} ${worded(value)}` }))),
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

async function showCorrected() {
  const { total } = await api.studies({ limit: 1, status: "corrected" });
  find("corrected").textContent = total === 1 ? "1 study has been corrected." : `${total} studies have been corrected.`;
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
showCorrected().catch(sayTrouble);
follow();
