// Run lengths: a slice as a flat list [value, count, value, count, ...], short enough to send after each stroke.

/** @param {Uint8Array} slice pixels, row after row. @returns {number[]} */
export function encode(slice) {
  const runs = [];
  let start = 0;
  for (let at = 1; at <= slice.length; at += 1) {
    if (at < slice.length && slice[at] === slice[start]) continue;
    runs.push(slice[start], at - start);
    start = at;
  }
  return runs;
}

/** @param {number[]} runs @param {number} length pixels of the slice. @returns {Uint8Array} */
export function decode(runs, length) {
  const slice = new Uint8Array(length);
  let at = 0;
  for (let pair = 0; pair < runs.length; pair += 2) {
    const end = at + runs[pair + 1];
    if (end > length) throw new RangeError(`The runs hold more than the ${length} pixels of the slice.`);
    slice.fill(runs[pair], at, end);
    at = end;
  }
  if (at !== length) throw new RangeError(`The runs hold ${at} of the ${length} pixels of the slice.`);
  return slice;
}

/** Whether two slices hold the same pixels. */
export function same(one, other) {
  return one.length === other.length && one.every((value, at) => value === other[at]);
}
