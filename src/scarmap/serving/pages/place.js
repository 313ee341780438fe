// Where pixels lie on the screen: aspect, turn, zoom and pan, as one affine map that can be inverted.

/**
 * Map of pixels to the screen: [a, b, c, d, e, f] as a canvas takes it, x' = a x + c y + e, y' = b x + d y + f.
 * Pixel (0, 0) has its centre at x = 0, y = 0.
 * @param {{width: number, height: number, spacing: [number, number], turn: number, flip: boolean}} grid `flip`: left and
 *   right change places, before `turn` quarter turns anticlockwise.
 * @param {{width: number, height: number}} screen
 * @param {{zoom: number, x: number, y: number}} look zoom 1 fits the slice; x, y is the place, in millimetres from the
 *   middle of the slice as it is drawn, that stands in the middle of the screen.
 */
export function mapOf(grid, screen, look) {
  const [wide, high] = [grid.width * grid.spacing[0], grid.height * grid.spacing[1]];
  const sideways = grid.turn % 2 === 1;
  const fit = Math.min(screen.width / (sideways ? high : wide), screen.height / (sideways ? wide : high));
  const scale = fit * look.zoom;
  const [cosine, sine] = [[1, 0], [0, -1], [-1, 0], [0, 1]][grid.turn % 4]; // anticlockwise, with y downwards
  const mirror = grid.flip ? -1 : 1;
  const a = scale * cosine * mirror * grid.spacing[0];
  const b = scale * sine * mirror * grid.spacing[0];
  const c = -scale * sine * grid.spacing[1];
  const d = scale * cosine * grid.spacing[1];
  const [middleX, middleY] = [(grid.width - 1) / 2, (grid.height - 1) / 2];
  const e = screen.width / 2 - scale * look.x - a * middleX - c * middleY;
  const f = screen.height / 2 - scale * look.y - b * middleX - d * middleY;
  return [a, b, c, d, e, f];
}

/** The pixel coordinates of a place on the screen. */
export function pixelAt(map, place) {
  const [a, b, c, d, e, f] = map;
  const whole = a * d - b * c;
  const [x, y] = [place.x - e, place.y - f];
  return { x: (d * x - c * y) / whole, y: (a * y - b * x) / whole };
}

/** The place on the screen of pixel coordinates. */
export function screenAt(map, pixel) {
  const [a, b, c, d, e, f] = map;
  return { x: a * pixel.x + c * pixel.y + e, y: b * pixel.x + d * pixel.y + f };
}

/**
 * How to look at what some voxels hold, with room around it.
 * @param {Uint8Array} mask all slices. @param {object} grid as in `mapOf`. @param {number} margin in millimetres.
 * @returns {{zoom: number, x: number, y: number}} the whole slice where there is nothing.
 */
export function lookAt(mask, grid, margin = 22) {
  const size = grid.width * grid.height;
  const box = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  mask.forEach((value, voxel) => {
    if (!value) return;
    const x = voxel % grid.width;
    const y = Math.floor((voxel % size) / grid.width);
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y);
  });
  if (box.left > box.right) return { zoom: 1, x: 0, y: 0 };
  const [wide, high] = [grid.width * grid.spacing[0], grid.height * grid.spacing[1]];
  const drawn = grid.turn % 2 ? { width: high, height: wide } : { width: wide, height: high };
  const map = mapOf(grid, drawn, { zoom: 1, x: 0, y: 0 }); // one dot is one millimetre
  const [one, other] = [screenAt(map, { x: box.left, y: box.top }), screenAt(map, { x: box.right, y: box.bottom })];
  const reach = Math.max(Math.abs(one.x - other.x), Math.abs(one.y - other.y)) + 2 * margin;
  const zoom = Math.max(1, Math.min(drawn.width, drawn.height) / reach);
  return { zoom, x: (one.x + other.x - drawn.width) / 2, y: (one.y + other.y - drawn.height) / 2 };
}
