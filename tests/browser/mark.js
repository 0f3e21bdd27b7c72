// Reads the mark of a simulated venue from the pixels of a video: whose picture, which frame; and
// paints one into the picture of a page's own camera. The geometry is described in
// server/simulator/mark.py. A plain script, so that a test can put it into any page before the
// page's own scripts.

/**
 * @param {{data: Uint8ClampedArray | Uint8Array | number[], width: number, height: number}} image
 *   what getImageData returns: four bytes a pixel, rows from the top
 * @returns {{venue: number, frame: number} | null} null when there is no mark
 */
globalThis.readMark = function readMark(image) {
  const COLUMNS = 18;
  const ROWS = 2;
  const LEAST_CONTRAST = 48;
  const cellWidth = image.width / 40;
  const cellHeight = (image.height * 2) / 45;
  const left = image.width - (COLUMNS + 1) * cellWidth;
  const top = image.height - (ROWS + 1) * cellHeight;

  // The mean brightness of the inner half of a cell; coding smears its edges.
  function brightness(column, row) {
    const fromX = Math.floor(left + (column + 0.25) * cellWidth);
    const toX = Math.max(fromX + 1, Math.floor(left + (column + 0.75) * cellWidth));
    const fromY = Math.floor(top + (row + 0.25) * cellHeight);
    const toY = Math.max(fromY + 1, Math.floor(top + (row + 0.75) * cellHeight));
    let sum = 0;
    for (let y = fromY; y < toY; y += 1) {
      for (let x = fromX; x < toX; x += 1) {
        const at = (y * image.width + x) * 4;
        sum += 0.299 * image.data[at] + 0.587 * image.data[at + 1] + 0.114 * image.data[at + 2];
      }
    }
    return sum / ((toX - fromX) * (toY - fromY));
  }

  const dark = Math.max(brightness(0, 0), brightness(COLUMNS - 1, 1));
  const light = Math.min(brightness(COLUMNS - 1, 0), brightness(0, 1));
  if (!(light - dark >= LEAST_CONTRAST)) return null;
  const bytes = [];
  for (let row = 0; row < ROWS; row += 1) {
    let word = 0;
    for (let column = 1; column < COLUMNS - 1; column += 1) {
      word = (word << 1) | (brightness(column, row) > (light + dark) / 2 ? 1 : 0);
    }
    bytes.push(word >> 8, word & 0xff);
  }
  return crc8(bytes.slice(0, 3)) === bytes[3]
    ? { venue: bytes[0], frame: (bytes[1] << 8) | bytes[2] }
    : null;
};

/**
 * Paint a mark into a picture whose width is a multiple of 40 and whose height is one of 22.5.
 * @param {CanvasRenderingContext2D} pen
 * @param {{venue: number, frame: number}} mark
 */
globalThis.drawMark = function drawMark(pen, { venue, frame }) {
  const { width, height } = pen.canvas;
  const bytes = [venue, (frame >> 8) & 0xff, frame & 0xff];
  bytes.push(crc8(bytes));
  for (let row = 0; row < 2; row += 1) {
    const word = (bytes[2 * row] << 8) | bytes[2 * row + 1];
    for (let column = 0; column < 18; column += 1) {
      const isEdge = column === 0 || column === 17;
      const light = isEdge ? (column === 17) === (row === 0) : (word >> (16 - column)) & 1;
      pen.fillStyle = light ? "rgb(232, 232, 232)" : "rgb(24, 24, 24)";
      const [w, h] = [width / 40, (height * 2) / 45];
      pen.fillRect(width + (column - 19) * w, height + (row - 3) * h, w, h);
    }
  }
};

function crc8(bytes) {
  let remainder = 0xff;
  for (const byte of bytes) {
    remainder ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      remainder = ((remainder << 1) ^ (remainder & 0x80 ? 0x07 : 0)) & 0xff;
    }
  }
  return remainder;
}
