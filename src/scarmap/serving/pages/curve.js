// A curve as a small drawing: values over steps, with the least, the largest and the last.

const SPACE = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, EDGE] = [360, 150, 24];

/** Points of a curve in the drawing. @param {number[]} values @returns {{points: [number, number][], low: number, high: number}} */
export function points(values) {
  const known = values.filter(Number.isFinite);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const across = (at) => EDGE + ((WIDTH - 2 * EDGE) * at) / Math.max(1, values.length - 1);
  const up = (value) => HEIGHT - EDGE - (high > low ? ((HEIGHT - 2 * EDGE) * (value - low)) / (high - low) : 0);
  const found = values.flatMap((value, at) => (Number.isFinite(value) ? [[across(at), up(value)]] : []));
  return { points: found, low, high };
}

/** Draw the curve of one fold. @returns {SVGElement} */
export function curve(title, values) {
  const { points: line, low, high } = points(values);
  const last = values.at(-1);
  const drawn = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${title}: from ${values[0]} to ${last} in ${values.length} steps` });
  drawn.append(element("polyline", { points: line.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ") }));
  const worded = (value) => String(Number(value.toPrecision(3)));
  for (const [text, y] of [[worded(high), 14], [worded(low), HEIGHT - 8]]) drawn.append(element("text", { x: 6, y }, text));
  drawn.append(element("text", { x: WIDTH - 6, y: HEIGHT - 8, "text-anchor": "end" }, `${values.length} epochs`));
  return drawn;
}

function element(name, attributes, text = "") {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}
