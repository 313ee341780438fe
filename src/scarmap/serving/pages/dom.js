// Elements without markup in strings: every name is set as text, so none can become a script.

/**
 * Make an element.
 * @param {string} tag
 * @param {Object<string, unknown>} properties `class`, `text`, `onclick` and the like; anything else is an attribute; true
 *   sets an empty one, false, null and undefined set none.
 * @param {...(Node|string|null)} children
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value == null) continue;
    if (name === "text") element.textContent = value;
    else if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** The element with an id. */
export const find = (id) => document.getElementById(id);

/** A coloured square, as beside a tissue's name. The colour is set by script, for the policy allows no inline style. */
export function swatch(colour) {
  const square = make("i", { class: "swatch", "aria-hidden": "true" });
  square.style.background = colour;
  return square;
}

/** A drawing of the server, without anything that could act or be refused: scripts, handlers, inline styles. */
export function drawing(text) {
  // Read as a page reads it, for drawings in pages name no namespace; nothing of it runs there.
  const root = new DOMParser().parseFromString(text, "text/html").querySelector("svg");
  if (!root) return make("p", { class: "note", text: "The drawing could not be read." });
  for (const element of [root, ...root.querySelectorAll("*")]) {
    if (["script", "style", "foreignObject"].includes(element.localName)) {
      element.remove();
      continue;
    }
    for (const { name } of [...element.attributes]) if (name === "style" || name.startsWith("on")) element.removeAttribute(name);
  }
  return document.importNode(root, true);
}

/** A moment of the server for people, in the browser's own time. */
export function moment(iso) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso ?? "";
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** A number in short, or a dash where there is none. */
export const short = (value, digits = 1) => (value == null || Number.isNaN(value) ? "–" : Number(value).toFixed(digits));
