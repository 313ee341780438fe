// Random numbers from a seed, so that a test that fails does so again.
export function randomFrom(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export const TISSUES = [
  { index: 0, inside: null }, { index: 1, inside: null }, { index: 2, inside: null }, { index: 3, inside: null },
  { index: 4, inside: [3, 4, 5, 6] }, { index: 5, inside: [3, 4, 5, 6] }, { index: 6, inside: [3, 4, 5, 6] },
];

/** A slice of letters to tissues: rows of digits, a dot for background. */
export function slice(...rows) {
  return Uint8Array.from(rows.join(""), (letter) => (letter === "." ? 0 : Number(letter)));
}
