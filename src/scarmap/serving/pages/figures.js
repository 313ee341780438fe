// Key figures, flags and bullseyes beside the images, as the server measured them.

import { drawing, find, make, swatch } from "./dom.js";

/**
 * Show the answer of the server.
 * @param {object} answer tiles, bullseyes and flags of the mask at work.
 * @param {object|null} base those of the version it began from, shown beside where they differ.
 */
export function showFigures(answer, base = null) {
  const before = new Map((base?.tiles ?? []).map((each) => [each.title, each]));
  find("tiles").replaceChildren(...answer.tiles.map((each) => tile(each, before.get(each.title) ?? each)));
  find("bullseyes").replaceChildren(...answer.bullseyes.map(disc));
  const flags = answer.flags.map(({ text }) => make("li", { class: "flag", text }));
  find("flags").replaceChildren(...flags);
  find("no-flags").hidden = flags.length > 0;
}

const worded = ({ value, unit }) => (unit ? `${value} ${unit}` : value);

function tile(each, before) {
  const wide = each.lines.join().length > 70;
  return make("div", { class: wide ? "tile wide" : "tile", "data-figure": each.title },
    make("h3", {}, each.colour ? swatch(each.colour) : null, each.title),
    make("p", { class: each.missing ? "big lacking" : "big" }, each.value, each.unit ? make("small", { text: ` ${each.unit}` }) : null),
    worded(before) === worded(each) ? null : make("p", { class: "was", text: `was ${worded(before)}` }),
    ...each.lines.map((text) => make("p", { class: "note", text })));
}

function disc({ title, svg, legend, caption }) {
  return make("figure", { class: "disc" }, make("h3", { text: title }), drawing(svg), legend ? drawing(legend) : null,
    caption ? make("figcaption", { text: caption }) : null);
}

/** Say whether the figures are those of what is seen. */
export function showState(state, { changed, trouble }) {
  const words = {
    kept: changed ? "Not saved yet. The store holds your edits as a draft." : "As saved.",
    sending: "Measuring…",
    away: "The server does not answer. Your edits wait in this page.",
    refused: `Not in the store: ${trouble?.message ?? "the server refused this edit."}`,
  };
  find("state").textContent = words[state];
  find("state").dataset.state = state;
  find("figures").setAttribute("aria-busy", String(state === "sending"));
}
