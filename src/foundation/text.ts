/**
 * The text of a file that somebody wrote: in UTF-16 where a byte-order mark says so, else in UTF-8. The mark itself is
 * no part of it: places in the text are those that an editor shows.
 */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder(encodingByMark(bytes)).decode(bytes);
}

/** What the mark at the start says; undefined without one. */
export function encodingByMark([first, second, third]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return first === 0xef && second === 0xbb && third === 0xbf ? 'utf-8' : undefined;
}
