// A round brush in millimetres: a pixel is painted where its centre lies no farther than the radius from the stroke.

/**
 * Pixels under a stroke from one place to another; both the same for a single dab.
 * @param {{width: number, height: number, spacing: [number, number]}} grid pixels and millimetres per pixel in x and y.
 * @param {{x: number, y: number}} from in pixels; the centre of pixel (0, 0) is x = 0, y = 0.
 * @param {{x: number, y: number}} to
 * @param {number} radius in millimetres.
 * @returns {number[]} indices, y * width + x.
 */
export function capsule(grid, from, to, radius) {
  const [wide, high] = grid.spacing;
  const reach = radius + 1e-9; // rounding never loses a pixel that lies on the rim
  const found = [];
  const left = Math.max(0, Math.ceil(Math.min(from.x, to.x) - reach / wide));
  const right = Math.min(grid.width - 1, Math.floor(Math.max(from.x, to.x) + reach / wide));
  const top = Math.max(0, Math.ceil(Math.min(from.y, to.y) - reach / high));
  const bottom = Math.min(grid.height - 1, Math.floor(Math.max(from.y, to.y) + reach / high));
  for (let y = top; y <= bottom; y += 1) {
    for (let x = left; x <= right; x += 1) {
      if (distance(x, y, from, to, wide, high) <= reach) found.push(y * grid.width + x);
    }
  }
  return found.length ? found : nearest(grid, to);
}

/** Pixels of a disc; as `capsule`. */
export const disc = (grid, centre, radius) => capsule(grid, centre, centre, radius);

/** Millimetres from a pixel to the nearest point of the stroke. */
function distance(x, y, from, to, wide, high) {
  const along = { x: (to.x - from.x) * wide, y: (to.y - from.y) * high };
  const away = { x: (x - from.x) * wide, y: (y - from.y) * high };
  const length = along.x ** 2 + along.y ** 2;
  const part = length ? Math.min(1, Math.max(0, (away.x * along.x + away.y * along.y) / length)) : 0;
  return Math.hypot(away.x - part * along.x, away.y - part * along.y);
}

/** A brush smaller than a pixel still paints the pixel that it stands on. */
function nearest(grid, place) {
  const x = Math.round(place.x);
  const y = Math.round(place.y);
  const inside = x >= 0 && y >= 0 && x < grid.width && y < grid.height;
  return inside ? [y * grid.width + x] : [];
}
