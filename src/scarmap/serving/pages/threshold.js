// "Scar inside the wall above this threshold": the page marks, the server measures.

import { EDEMA, NORMAL, SCAR } from "./rules.js";

/**
 * Mark the wall of a slice by a threshold.
 * Bright wall becomes scar; scar that is not bright becomes normal wall; edema that is not bright, no-reflow, pools and
 * background stay.
 * @param {Uint8Array} base the slice before the threshold.
 * @param {Uint16Array} image stored values of the same pixels.
 * @param {number} value threshold in scanner units.
 * @param {{scale: number, offset: number}} units stored * scale + offset is in scanner units.
 * @returns {Uint8Array} a new slice.
 */
export function aboveThreshold(base, image, value, units) {
  const marked = base.slice();
  for (let at = 0; at < base.length; at += 1) {
    const tissue = base[at];
    if (tissue !== NORMAL && tissue !== EDEMA && tissue !== SCAR) continue;
    if (image[at] * units.scale + units.offset > value) marked[at] = SCAR;
    else if (tissue === SCAR) marked[at] = NORMAL;
  }
  return marked;
}

/** What the tools of a version say of a threshold, for instance "threshold 5-SD at 312". */
export function describe(method, n, value) {
  const name = { nsd: `${n}-SD`, fwhm: "FWHM", otsu: "Otsu" }[method];
  return `threshold ${name} at ${Number(value.toPrecision(4))}`;
}
