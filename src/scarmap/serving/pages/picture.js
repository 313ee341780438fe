// Slices as pictures: grey values by a window, tissues as colours, borders as lines along the edges of pixels.

/** A slice of an image as a canvas of one pixel each. @param {{low, high}} window in stored values. */
export function greyPicture(values, window, { width, height }) {
  const picture = new ImageData(width, height);
  const scale = 255 / (window.high - window.low);
  for (let at = 0; at < values.length; at += 1) {
    const grey = (values[at] - window.low) * scale; // a clamped array cuts what lies outside
    const place = 4 * at;
    picture.data[place] = picture.data[place + 1] = picture.data[place + 2] = grey;
    picture.data[place + 3] = 255;
  }
  return canvasOf(picture);
}

/** A slice of a mask as a canvas; background is clear. @param {Map<number, string>} colours of the tissues, "#rrggbb". */
export function tissuePicture(slice, colours, { width, height }) {
  const picture = new ImageData(width, height);
  const parts = new Map([...colours].map(([tissue, colour]) => [tissue, [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16))]));
  for (let at = 0; at < slice.length; at += 1) {
    const colour = slice[at] && parts.get(slice[at]);
    if (colour) picture.data.set([...colour, 255], 4 * at);
  }
  return canvasOf(picture);
}

function canvasOf(picture) {
  const canvas = document.createElement("canvas");
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext("2d").putImageData(picture, 0, 0);
  return canvas;
}

/** Whether a slice has no image: all its pixels hold the same, as where a sequence was not acquired. */
export const isBlank = (values) => values.every((value) => value === values[0]);

/** The border of all pixels that hold one of some tissues, in pixel coordinates, along the edges of the pixels. */
export function borderOf(slice, tissues, { width, height }) {
  const path = new Path2D();
  const line = (fromX, fromY, toX, toY) => { path.moveTo(fromX - 0.5, fromY - 0.5); path.lineTo(toX - 0.5, toY - 0.5); };
  for (let at = 0; at < slice.length; at += 1) {
    if (!tissues.has(slice[at])) continue;
    const x = at % width;
    const y = (at - x) / width;
    if (x === 0 || !tissues.has(slice[at - 1])) line(x, y, x, y + 1);
    if (x === width - 1 || !tissues.has(slice[at + 1])) line(x + 1, y, x + 1, y + 1);
    if (y === 0 || !tissues.has(slice[at - width])) line(x, y, x + 1, y);
    if (y === height - 1 || !tissues.has(slice[at + width])) line(x, y + 1, x + 1, y + 1);
  }
  return path;
}

/** Regions whose borders are drawn, the first below: the wall holds what lies in it, the scar holds no-reflow. */
export const REGIONS = [[2, [2]], [3, [3, 4, 5, 6]], [1, [1]], [4, [4]], [5, [5, 6]], [6, [6]]];

/** Colours of the tissues. @param {{tissues: {index: number, colour: string}[]}} study */
export const coloursOf = (study) => new Map(study.tissues.map(({ index, colour }) => [index, colour]));

/** Draw the tissues of a slice over its image. */
export function drawTissues(context, slice, { map, grid, colours, overlay, opacity, ratio = 1, line = 1.5 }) {
  if (overlay === "none") return;
  context.save();
  if (overlay === "filled") {
    context.globalAlpha = opacity;
    context.imageSmoothingEnabled = false;
    context.setTransform(...map);
    context.drawImage(tissuePicture(slice, colours, grid), -0.5, -0.5);
  } else {
    context.globalAlpha = Math.min(1, 0.3 + opacity);
    for (const [tissue, members] of REGIONS) strokeBorder(context, borderOf(slice, new Set(members), grid), { map, colour: colours.get(tissue), line: line * ratio });
  }
  context.restore();
}

function strokeBorder(context, border, { map, colour, line }) {
  const path = new Path2D();
  path.addPath(border, new DOMMatrix(map));
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.lineCap = "square";
  context.strokeStyle = "#000000a0";
  context.lineWidth = line * 1.9;
  context.stroke(path);
  context.strokeStyle = colour;
  context.lineWidth = line;
  context.stroke(path);
}
