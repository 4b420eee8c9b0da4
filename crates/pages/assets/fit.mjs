// The size of a picture of a code, so that each of its modules is a whole number of the screen's pixels:
// anything else makes grey edges.

/// Light modules around a code (ISO/IEC 18004); on the diagonal, the first dark one follows.
const QUIET_MODULES = 4;

/// The modules of a side, quiet zone and all, of the smallest code. Each next version has four more.
const MODULES_MIN = 29;
const MODULES_STEP = 4;

/// What the round corners of the frame take from each side, in its own pixels.
const CORNER = 4;

/// How many modules a side has; `side` is the picture's, in its own pixels, and `isDark(at)` tells of
/// one on its diagonal. Nothing when it is no such picture, or the browser does not let us see.
export function modulesOf(side, isDark) {
  let quiet = 0;
  while (quiet < side && !isDark(quiet)) quiet += 1;
  const modules = (side * QUIET_MODULES) / quiet;
  const isCode = modules >= MODULES_MIN && (modules - MODULES_MIN) % MODULES_STEP === 0;
  return isCode ? modules : null;
}

/// The side to show it with in so much room, both in the screen's pixels. Without the modules only a
/// multiple of the picture is surely whole.
export function sideWithin(room, side, modules) {
  const unit = modules ?? side;
  return Math.floor(room / unit) * unit || room;
}

/// Puts a loaded picture to that size in the middle of the frame around it, and its edges between the
/// screen's pixels: layout rounds each of them by itself.
export function fit(picture, frame, modules) {
  const ratio = devicePixelRatio;
  const inner = frame.clientWidth * ratio;
  const room = Math.floor(inner - 2 * CORNER * ratio);
  if (room <= 0) return;
  const side = sideWithin(room, picture.naturalWidth, modules);
  const { left, top } = frame.getBoundingClientRect();
  const place = (edge) => (Math.round(edge * ratio + (inner - side) / 2) - edge * ratio) / ratio;
  const wanted = {
    left: place(left + frame.clientLeft),
    top: place(top + frame.clientTop),
    width: side / ratio,
    height: side / ratio,
  };
  for (const [name, length] of Object.entries(wanted)) picture.style[name] = `${length}px`;
}

/// The modules of a loaded picture.
export function seenModules(picture) {
  const side = picture.naturalWidth;
  const canvas = picture.ownerDocument.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, side, side);
  return modulesOf(side, (at) => data[(at * side + at) * 4] < 128);
}
