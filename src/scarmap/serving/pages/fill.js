// Fill: a click inside a closed line of a tissue paints all that the line encloses.

import { partAt } from "./parts.js";
import { BACKGROUND, paint } from "./rules.js";

/**
 * Paint the area of one tissue around a pixel. An open area of background, which reaches the edge of the slice, is left.
 * @returns {number} pixels that changed.
 */
export function fillAt(slice, width, start, tissue, tissues) {
  const pixels = partAt(slice, width, start, false);
  if (slice[start] === BACKGROUND && pixels.some((pixel) => onEdge(pixel, width, slice.length))) return 0;
  return paint(slice, pixels, tissue, tissues);
}

function onEdge(pixel, width, length) {
  const x = pixel % width;
  return x === 0 || x === width - 1 || pixel < width || pixel >= length - width;
}
