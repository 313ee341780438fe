// The panel "scar above a threshold": the server says where it starts, the slider marks, the server measures.

import { threshold } from "./api.js";
import { find } from "./dom.js";
import { sayTrouble } from "./notice.js";
import { aboveThreshold, describe } from "./threshold.js";

/** @param {import("./desk.js").Desk} desk @param {import("./editor.js").Editor} editor */
export function marking(desk, editor) {
  const panel = find("threshold");
  const [method, n, scope, slider] = ["method", "n", "scope", "level"].map(find);
  const sequence = desk.study.sequences.find(({ name }) => name === "LGE");
  let base = null;
  let asked = 0;

  panel.hidden = !sequence;
  if (!sequence) return { suggest() {} };

  const slices = () => (scope.value === "all" ? [...desk.study.order] : [desk.slice]);
  const units = { scale: sequence.scale, offset: sequence.offset };

  /** The slices before the threshold; they are taken anew once anything else changed them. */
  function held() {
    const key = `${editor.revision} ${slices().join()}`;
    if (base?.key !== key || base.mask !== desk.mask) {
      base = { key, mask: desk.mask, slices: new Map(slices().map((slice) => [slice, desk.sliceOf(slice).slice()])) };
    }
    return base.slices;
  }

  function mark() {
    const before = held();
    const value = Number(slider.value);
    editor.begin("mark scar above a threshold", [...before.keys()]);
    for (const [slice, pixels] of before) desk.sliceOf(slice).set(aboveThreshold(pixels, desk.imageOf("LGE", slice), value, units));
    desk.touch([...before.keys()]);
    editor.preview();
  }

  function keep() {
    mark();
    const kept = editor.commit(describe(method.value, Number(n.value), Number(slider.value)));
    if (kept) base.key = `${editor.revision} ${slices().join()}`;
  }

  function tell() {
    find("level-value").value = Number(slider.value).toPrecision(4);
    slider.setAttribute("aria-valuetext", find("level-value").value);
  }

  async function suggest() {
    if (!panel.open) return;
    const mine = (asked += 1);
    find("n-field").hidden = method.value !== "nsd";
    try {
      await editor.draft.settled();
      const query = { method: method.value };
      if (method.value === "nsd") query.n = n.value;
      if (scope.value === "one") query.slice = desk.slice;
      const found = await threshold(await editor.draft.opened(), query);
      if (mine !== asked) return;
      slider.min = found.low;
      slider.max = found.high;
      slider.step = (found.high - found.low) / 400 || 1;
      slider.value = found.value;
      slider.disabled = find("mark").disabled = false;
      find("threshold-note").textContent = "Move the slider, or mark the wall at this value.";
    } catch (trouble) {
      if (mine !== asked) return;
      slider.disabled = find("mark").disabled = true;
      find("threshold-note").textContent = trouble.message ?? String(trouble);
    }
    tell();
  }

  slider.addEventListener("input", () => { tell(); mark(); });
  slider.addEventListener("change", keep);
  find("mark").addEventListener("click", keep);
  const again = () => suggest().catch(sayTrouble);
  for (const field of [method, n, scope]) field.addEventListener("change", again);
  panel.addEventListener("toggle", again);
  desk.addEventListener("look", (event) => {
    if (event.detail.includes("slice") && scope.value === "one") again();
  });
  return { suggest: again };
}
