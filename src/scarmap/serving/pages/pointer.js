// The pointer on a panel: the left button holds the tool, the right one the window, the middle one moves, the wheel turns slices.

const LARGEST_ZOOM = 12;

/** How far the wheel turns for one slice. */
const WHEEL = 50;

/** Zoom so that a place of the slice keeps its place on the screen; without an event, the middle. */
export function zoomAt(desk, view, factor, event = null) {
  const { zoom, x, y } = desk.zoom;
  const now = Math.min(LARGEST_ZOOM, Math.max(1, zoom * factor));
  if (now === 1) {
    desk.look({ zoom: { zoom: 1, x: 0, y: 0 } });
    return;
  }
  const box = view.canvas.getBoundingClientRect();
  const away = event ? { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 } : { x: 0, y: 0 };
  const share = view.millimetres * (1 - zoom / now);
  desk.look({ zoom: { zoom: now, x: x + away.x * share, y: y + away.y * share } });
}

/** Move the image by dots of the screen. */
export function pan(desk, view, right, down) {
  const { zoom, x, y } = desk.zoom;
  const [wide, high] = [desk.grid.width * desk.grid.spacing[0], desk.grid.height * desk.grid.spacing[1]];
  const held = (value, reach) => Math.min(reach / 2, Math.max(-reach / 2, value));
  desk.look({ zoom: { zoom, x: held(x - right * view.millimetres, wide), y: held(y - down * view.millimetres, high) } });
}

function window(desk, view, right, up) {
  const { level, width } = desk.windows.get(view.sequence);
  desk.setWindow(view.sequence, { level: level - (up * width) / 250, width: width * Math.exp(right / 200) });
}

/** Listen to the pointer on a panel. @param {import("./tools.js").Hand} hand */
export function follow(desk, view, hand) {
  const { canvas } = view;
  let drag = null;
  let turned = 0;

  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("pointerdown", (event) => {
    if (drag) return;
    canvas.focus({ preventScroll: true });
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    const kind = event.button === 2 ? "look" : event.button === 1 ? "move" : desk.tool;
    drag = { kind, x: event.clientX, y: event.clientY };
    desk.look({ sequence: view.sequence, cursor: null });
    if (kind !== "look" && kind !== "move") hand.down(view.pixelOf(event), { through: event.shiftKey, reach: view.millimetres });
  });
  canvas.addEventListener("pointermove", (event) => {
    view.brush = view.pixelOf(event);
    view.redraw();
    if (!drag) return;
    const [right, down] = [event.clientX - drag.x, event.clientY - drag.y];
    if (drag.kind === "look") window(desk, view, right, -down);
    else if (drag.kind === "move") pan(desk, view, right, down);
    else for (const each of event.getCoalescedEvents?.() ?? [event]) hand.move(view.pixelOf(each));
    Object.assign(drag, { x: event.clientX, y: event.clientY });
  });
  const end = () => {
    if (drag) hand.up();
    drag = null;
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("pointerleave", () => { view.brush = null; view.redraw(); });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (drag) return;
    if (event.ctrlKey || event.metaKey) return zoomAt(desk, view, Math.exp(-event.deltaY / 300), event);
    turned += event.deltaMode === 1 ? WHEEL * Math.sign(event.deltaY) : event.deltaY;
    const steps = Math.trunc(turned / WHEEL);
    turned -= steps * WHEEL;
    if (steps) desk.step(Math.sign(steps));
  }, { passive: false });
}
