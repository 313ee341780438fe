// What may be painted where, and what is left when a tissue is taken away. Tissues are their indices.

export const BACKGROUND = 0;
export const POOL = 1;
export const RIGHT_POOL = 2;
export const NORMAL = 3;
export const EDEMA = 4;
export const SCAR = 5;
export const NO_REFLOW = 6;

/** Tissues of the wall. */
export const WALL = new Set([NORMAL, EDEMA, SCAR, NO_REFLOW]);

/** What lies under a tissue, once it is taken away. */
const UNDER = new Map([[EDEMA, NORMAL], [SCAR, NORMAL], [NO_REFLOW, SCAR]]);

/** What lies under a tissue: the wall under a scar, the scar under no-reflow, nothing under the rest. */
export const under = (tissue) => UNDER.get(tissue) ?? BACKGROUND;

/** Whether a tissue may be painted over another one. `tissues`: the list of the study, with `inside`. */
export function mayPaint(tissues, tissue, over) {
  const inside = tissues.find((each) => each.index === tissue)?.inside;
  return inside == null || over === tissue || inside.includes(over);
}

/** Paint a tissue on some pixels of a slice, where it may be. @returns {number} pixels that changed. */
export function paint(slice, pixels, tissue, tissues) {
  const may = Array.from({ length: 256 }, (_, over) => over !== tissue && mayPaint(tissues, tissue, over));
  let changed = 0;
  for (const pixel of pixels) {
    if (!may[slice[pixel]]) continue;
    slice[pixel] = tissue;
    changed += 1;
  }
  return changed;
}

/** Tissues that the eraser takes away with this one: the wall goes with all that lies in it, so that no scar floats. */
const taken = (tissue) => (tissue === NORMAL ? WALL : new Set([tissue]));

/** Take a tissue away on some pixels of a slice; what lies under it is left. @returns {number} pixels that changed. */
export function erase(slice, pixels, tissue) {
  const gone = taken(tissue);
  let changed = 0;
  for (const pixel of pixels) {
    if (tissue === BACKGROUND || !gone.has(slice[pixel])) continue;
    slice[pixel] = under(tissue);
    changed += 1;
  }
  return changed;
}
