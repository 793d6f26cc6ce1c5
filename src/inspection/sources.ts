import { textOf as decoded } from '../foundation/text.ts';

/** The files that git tracks at a commit, or in a work tree: what is judged, and nothing is run to judge it. */
export interface Sources {
  /** Plain files, relative to the repository, with `/`. */
  readonly paths: readonly string[];
  /** Places where another repository is meant: the files there are not in this one. */
  readonly submodules: readonly string[];
  /** How many of the files that matter were too many to be read. */
  readonly unread: number;
  /** The text of a file; undefined where it is no text, larger than {@link LARGEST_BYTES}, or was not asked for. */
  text(path: string): string | undefined;
}

/** A larger file is data, which no person has written. */
export const LARGEST_BYTES = 1_048_576;

/** The text of what was read; undefined where it is no text. */
export function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.length > LARGEST_BYTES || bytes.includes(0)) return undefined;
  return decoded(bytes);
}
