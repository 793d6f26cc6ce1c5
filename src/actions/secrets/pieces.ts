import { encodingByMark, textOf } from '../../foundation/text.ts';
import type { Piece } from './look.ts';

const PIECE = 256 * 1024;
/** Longer than any secret: what is cut at the end of one piece stands whole in the next. */
const OVERLAP = 16 * 1024;
/** Of a file that is no text, a large one is an image, a font or an archive. */
export const LARGEST_BINARY = 4 * 1024 * 1024;
export const LARGEST_TEXT = 64 * 1024 * 1024;

/** Cuts a file into texts of bounded length; undefined where it is too large to be looked at. `size` is of the whole file. */
export function piecesOf(path: string, bytes: Buffer, size: number): readonly Piece[] | undefined {
  const isBinary = encodingByMark(bytes) === undefined && isNoText(bytes);
  if (size > bytes.length || size > (isBinary ? LARGEST_BINARY : LARGEST_TEXT)) return undefined;
  const text = searched(bytes);
  const pieces: Piece[] = [];
  let line = 1;
  for (let start = 0; start < text.length || start === 0;) {
    const end = start + PIECE;
    pieces.push({ path, text: text.slice(start, end), line, isBinary });
    if (end >= text.length) break;
    for (let at = text.indexOf('\n', start); at !== -1 && at < end - OVERLAP; at = text.indexOf('\n', at + 1)) line += 1;
    start = end - OVERLAP;
  }
  return pieces;
}

/** One zero byte makes no image: text with a few among it is read as text. */
function isNoText(bytes: Buffer): boolean {
  const head = bytes.subarray(0, 65_536);
  let strange = 0;
  for (const byte of head) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) strange += 1;
  return strange > head.length / 20;
}

/** Without zero bytes, so that UTF-16 without a mark is read too, and none splits a secret. */
function searched(bytes: Buffer): string {
  return textOf(bytes).replaceAll('\0', '');
}
