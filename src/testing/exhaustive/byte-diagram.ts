import type { Cuts } from './cuts.js';

const ROW_BYTES = 16;
/** Of more bytes only the rows around the cuts are drawn. */
const DRAWN_BYTES = 64;
const ROWS_AROUND = 1;

/**
 * The bytes in hex and as text, a bar where they are cut.
 *
 *        0  46 4c 4f 00|05 00 00 00  01 00 00 00 00 00 00 00  FLO.............
 */
export function drawBytes(bytes: Uint8Array, cuts: Cuts): string {
  const rows = Math.ceil(bytes.length / ROW_BYTES);
  const drawn = bytes.length <= DRAWN_BYTES ? undefined : rowsAround(cuts);
  const lines: string[] = [];
  let isGap = false;
  for (let row = 0; row < rows; row++) {
    if (drawn !== undefined && !drawn.has(row)) {
      if (!isGap) lines.push('       …');
      isGap = true;
      continue;
    }
    isGap = false;
    lines.push(drawRow(bytes, row * ROW_BYTES, cuts));
  }
  return lines.join('\n');
}

function rowsAround(cuts: Cuts): Set<number> {
  const rows = new Set<number>();
  for (const cut of cuts) {
    const row = Math.floor(cut / ROW_BYTES);
    for (let near = row - ROWS_AROUND; near <= row + ROWS_AROUND; near++) rows.add(near);
  }
  return rows;
}

function drawRow(bytes: Uint8Array, start: number, cuts: Cuts): string {
  let hex = '';
  let text = '';
  for (let at = start; at < start + ROW_BYTES; at++) {
    const byte = bytes[at];
    if (at === start + ROW_BYTES / 2) hex += ' ';
    hex += cuts.includes(at) ? '|' : ' ';
    hex += byte === undefined ? '  ' : byte.toString(16).padStart(2, '0');
    if (byte !== undefined) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  }
  return `${String(start).padStart(8)} ${hex}  ${text}`;
}
