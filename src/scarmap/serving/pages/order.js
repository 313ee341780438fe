// Which slice lies next: slices are numbered as they are stored, `order` runs from base to apex.

/** The slice that lies some steps towards the apex (or the base, below 0), or null beyond the end. */
export function neighbour(order, slice, steps) {
  const place = order.indexOf(slice) + steps;
  return place >= 0 && place < order.length ? order[place] : null;
}
