// Where two masks of the same slice differ, for one region.

/** Regions to compare: title and the tissues that they hold. */
export const REGIONS = [
  { id: "infarct", title: "infarct (scar and no-reflow)", tissues: [5, 6] },
  { id: "wall", title: "whole wall", tissues: [3, 4, 5, 6] },
  { id: "pool", title: "LV blood pool", tissues: [1] },
  { id: "edema", title: "edema", tissues: [4] },
  { id: "mvo", title: "no-reflow", tissues: [6] },
  { id: "rv", title: "RV blood pool", tissues: [2] },
];

export const ONLY_A = 1;
export const ONLY_B = 2;
export const BOTH = 3;

/** Colours of the Okabe-Ito set, which colour-blind readers can tell apart. */
export const COLOURS = new Map([[ONLY_A, "#E69F00"], [ONLY_B, "#56B4E9"], [BOTH, "#F0F0F0"]]);

/** Which of two masks holds the region at each pixel: 0 none, ONLY_A, ONLY_B or BOTH. */
export function sides(a, b, tissues) {
  const region = new Set(tissues);
  return a.map((value, at) => (region.has(value) ? ONLY_A : 0) + (region.has(b[at]) ? ONLY_B : 0));
}
