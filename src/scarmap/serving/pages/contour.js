// Endocardial and epicardial contours: closed smooth lines through points that a reader drags.

import { BACKGROUND, NORMAL, POOL, RIGHT_POOL, WALL } from "./rules.js";

/** A closed Catmull-Rom line through points, `steps` places from each point to the next. */
export function spline(points, steps = 12) {
  const line = [];
  const count = points.length;
  const at = (index) => points[(index + count) % count];
  for (let index = 0; index < count; index += 1) {
    const [before, from, to, after] = [at(index - 1), at(index), at(index + 1), at(index + 2)];
    for (let step = 0; step < steps; step += 1) {
      const part = step / steps;
      line.push({ x: between(before.x, from.x, to.x, after.x, part), y: between(before.y, from.y, to.y, after.y, part) });
    }
  }
  return line;
}

function between(before, from, to, after, part) {
  const slope = to - before;
  const bend = 2 * before - 5 * from + 4 * to - after;
  const twist = 3 * from - before - 3 * to + after;
  return 0.5 * (2 * from + slope * part + bend * part ** 2 + twist * part ** 3);
}

/** Pixels whose centre lies inside a closed line, as a Uint8Array of 0 and 1. */
export function insideOf(line, width, height) {
  const inside = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const crossings = crossingsAt(line, y);
    for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
      const first = Math.max(0, Math.ceil(crossings[pair]));
      const last = Math.min(width - 1, Math.ceil(crossings[pair + 1]) - 1);
      for (let x = first; x <= last; x += 1) inside[y * width + x] = 1;
    }
  }
  return inside;
}

function crossingsAt(line, y) {
  const crossings = [];
  for (let index = 0; index < line.length; index += 1) {
    const [from, to] = [line[index], line[(index + 1) % line.length]];
    if (from.y <= y === to.y <= y) continue;
    crossings.push(from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x));
  }
  return crossings.sort((one, other) => one - other);
}

/** Points on the outer edge of a region, at equal angles around its centre, or null where the region is empty. */
export function pointsAround(region, width, count) {
  const centre = centreOf(region, width);
  if (!centre) return null;
  return Array.from({ length: count }, (_, index) => {
    const angle = (2 * Math.PI * index) / count;
    return edgeAlong(region, width, centre, { x: Math.cos(angle), y: Math.sin(angle) });
  });
}

function centreOf(region, width) {
  let [count, x, y] = [0, 0, 0];
  region.forEach((value, at) => {
    if (!value) return;
    count += 1;
    x += at % width;
    y += Math.floor(at / width);
  });
  return count ? { x: x / count, y: y / count } : null;
}

/** The last place of the region along a ray, half a pixel beyond its last pixel. */
function edgeAlong(region, width, centre, ray) {
  const height = region.length / width;
  let last = 0;
  for (let step = 0; step < width + height; step += 0.25) {
    const [x, y] = [Math.round(centre.x + step * ray.x), Math.round(centre.y + step * ray.y)];
    if (x < 0 || y < 0 || x >= width || y >= height) break;
    if (region[y * width + x]) last = step;
  }
  return { x: centre.x + (last + 0.125) * ray.x, y: centre.y + (last + 0.125) * ray.y };
}

/** Points on a circle of a radius in millimetres, for a slice without a wall. */
export function circle(centre, radius, spacing, count) {
  return Array.from({ length: count }, (_, index) => {
    const angle = (2 * Math.PI * index) / count;
    return { x: centre.x + (radius * Math.cos(angle)) / spacing[0], y: centre.y + (radius * Math.sin(angle)) / spacing[1] };
  });
}

/** Points of both contours of a slice, read off its mask; a contour without pixels is null. */
export function contoursOf(slice, width, count = 14) {
  return {
    endo: pointsAround(slice.map((value) => (value === POOL ? 1 : 0)), width, count),
    epi: pointsAround(slice.map((value) => (value === POOL || WALL.has(value) ? 1 : 0)), width, count),
  };
}

/** Where the contours lay each pixel: 0 outside, 1 in the wall, 2 in the pool. */
export function zones(contours, width, height) {
  const zone = contours.epi ? insideOf(spline(contours.epi), width, height) : new Uint8Array(width * height);
  if (!contours.endo) return zone;
  const pool = insideOf(spline(contours.endo), width, height);
  return zone.map((value, at) => (pool[at] ? 2 : value));
}

/** How far from a pixel that passes to another zone the mask follows the line, in pixels. */
const SEAM = 2;

/**
 * The slice after contours moved: it follows the new lines where they moved, and stays where they did not.
 * The lines never lie on the mask exactly; so pixels beside those that pass from zone to zone follow as well, or crumbs of the
 * old wall would be left along the new line.
 * @param {Uint8Array} base the slice that the old contours describe.
 * @param {Uint8Array} old zones of the old contours.
 * @param {Uint8Array} now zones of the new ones.
 * @param {number} width of the slice.
 */
export function moved(base, { old, now, width }) {
  const found = base.slice();
  const height = base.length / width;
  for (let at = 0; at < base.length; at += 1) {
    if (old[at] === now[at]) continue;
    const x = at % width;
    const y = (at - x) / width;
    for (let row = Math.max(0, y - SEAM); row <= Math.min(height - 1, y + SEAM); row += 1) {
      for (let column = Math.max(0, x - SEAM); column <= Math.min(width - 1, x + SEAM); column += 1) {
        const place = row * width + column;
        found[place] = valueIn(now[place], base[place]);
      }
    }
  }
  return found;
}

function valueIn(zone, value) {
  if (zone === 2) return POOL;
  if (zone === 1) return WALL.has(value) ? value : NORMAL;
  return value === RIGHT_POOL ? RIGHT_POOL : BACKGROUND;
}

/** Index of the point nearest to a place, with its distance in millimetres. */
export function nearestPoint(points, place, spacing) {
  let best = { index: -1, distance: Infinity };
  points.forEach((point, index) => {
    const distance = Math.hypot((point.x - place.x) * spacing[0], (point.y - place.y) * spacing[1]);
    if (distance < best.distance) best = { index, distance };
  });
  return best;
}

/** Points with a new one on the stretch of the line that is nearest to a place. */
export function withPoint(points, place, spacing) {
  const steps = 12;
  const { index } = nearestPoint(spline(points, steps), place, spacing);
  const after = Math.floor(index / steps);
  return [...points.slice(0, after + 1), place, ...points.slice(after + 1)];
}
