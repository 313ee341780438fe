// Keys of the study page, and the sheet that names them.

import { find, make } from "./dom.js";

/** Whether a key belongs to the element that has the focus, as letters to a field; saving belongs to the page. */
function taken(event) {
  if (nameOf(event) === "Ctrl+s") return Boolean(event.target.closest("dialog"));
  if (event.target.closest("dialog, select, input:not([type=range]):not([type=checkbox]), textarea")) return true;
  const slider = event.target.closest("input[type=range]");
  if (slider && /^(Arrow|Page|Home|End)/.test(event.key) && !event.shiftKey) return true;
  return Boolean(event.target.closest("button, a, summary, input")) && [" ", "Enter"].includes(event.key);
}

/** Name of a key with the keys held beside it, "Ctrl+Shift+z", "Shift+ArrowUp", "?". */
export function nameOf(event) {
  const letter = event.getModifierState?.("AltGraph"); // with it some keyboards write brackets
  const held = (event.ctrlKey || event.metaKey) && !letter ? "Ctrl+" : "";
  const shift = event.shiftKey && (held || event.key.length > 1 || event.key === " ") ? "Shift+" : "";
  const alt = event.altKey && !letter ? "Alt+" : "";
  return held + alt + shift + (event.key.length === 1 ? event.key.toLowerCase() : event.key);
}

/**
 * Listen to keys.
 * @param {{title: string, keys: {keys: string[], shown?: string[], title: string|null, act: () => void}[]}[]} groups `shown`: what
 *   the sheet says instead of the keys; a key without a title is not on the sheet.
 * @param {() => boolean} busy whether a stroke is open, which only Escape may end.
 */
export function listen(groups, busy) {
  const acts = new Map(groups.flatMap((group) => group.keys.flatMap(({ keys, act }) => keys.map((key) => [key, act]))));
  document.addEventListener("keydown", (event) => {
    const act = acts.get(nameOf(event));
    if (!act || taken(event) || (busy() && event.key !== "Escape")) return;
    event.preventDefault();
    act();
  });
  fillSheet(groups);
}

const WORDS = {
  ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", " ": "Space", PageUp: "Page up", PageDown: "Page down", Escape: "Esc",
};

const worded = (key) => key.split(/\+(?=.)/).map((part) => WORDS[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(" + ");

function fillSheet(groups) {
  find("sheet-keys").replaceChildren(...groups.map((group) => make("section", {},
    make("h3", { text: group.title }),
    make("dl", { class: "keys" }, ...group.keys.filter(({ title }) => title).map(({ keys, shown, title }) => make("div", {},
      make("dt", {}, ...(shown ?? keys).flatMap((key, place) => [place ? " or " : null, make("kbd", { text: worded(key) })])),
      make("dd", { text: title })))))));
}

/** Open or close the sheet of keys. */
export function toggleSheet() {
  const sheet = find("sheet");
  if (sheet.open) sheet.close();
  else sheet.showModal();
}
