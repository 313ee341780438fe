// Connected parts: the piece of one tissue that holds a pixel.

import { under } from "./rules.js";

const BESIDE = [[-1, 0], [1, 0], [0, -1], [0, 1]];
const AROUND = [...BESIDE, [-1, -1], [1, -1], [-1, 1], [1, 1]];

/**
 * Pixels that hang together with one and hold the same value.
 * @param {Uint8Array} slice
 * @param {number} width
 * @param {number} start index of a pixel.
 * @param {boolean} corners whether pixels that touch at a corner hang together.
 * @returns {number[]} indices.
 */
export function partAt(slice, width, start, corners = true) {
  const value = slice[start];
  const height = slice.length / width;
  const seen = new Uint8Array(slice.length);
  const found = [start];
  seen[start] = 1;
  for (let next = 0; next < found.length; next += 1) {
    const x = found[next] % width;
    const y = (found[next] - x) / width;
    for (const [right, down] of corners ? AROUND : BESIDE) {
      const [column, row] = [x + right, y + down];
      const place = row * width + column;
      if (column < 0 || row < 0 || column >= width || row >= height || seen[place] || slice[place] !== value) continue;
      seen[place] = 1;
      found.push(place);
    }
  }
  return found;
}

/** Remove the part that holds a pixel; what lies under its tissue is left. @returns {number} pixels that changed. */
export function removePart(slice, width, start) {
  const value = slice[start];
  if (value === 0) return 0;
  const pixels = partAt(slice, width, start);
  for (const pixel of pixels) slice[pixel] = under(value);
  return pixels.length;
}

/**
 * Voxels that hang together with one through slices: around it in its slice, and the same pixel above and below.
 * @param {Uint8Array} mask all slices. @param {{width, height}} grid @param {number} start index of a voxel.
 * @returns {number[]} indices; none where the voxel is background.
 */
export function partThrough(mask, { width, height }, start) {
  const value = mask[start];
  if (value === 0) return [];
  const size = width * height;
  const seen = new Uint8Array(mask.length);
  const found = [start];
  seen[start] = 1;
  const add = (voxel) => {
    if (voxel < 0 || voxel >= mask.length || seen[voxel] || mask[voxel] !== value) return;
    seen[voxel] = 1;
    found.push(voxel);
  };
  for (let next = 0; next < found.length; next += 1) {
    const voxel = found[next];
    const x = voxel % width;
    const y = ((voxel - x) / width) % height;
    for (const [right, down] of AROUND) {
      const inside = x + right >= 0 && x + right < width && y + down >= 0 && y + down < height;
      if (inside) add(voxel + down * width + right);
    }
    add(voxel - size);
    add(voxel + size);
  }
  return found;
}
