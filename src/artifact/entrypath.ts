const LONGEST_PATH = 1_024;
const LONGEST_NAME = 255;
const DEEPEST = 64;
/** Characters that look like a slash; a name that has one can only be meant to deceive. */
const LOOKALIKE = /[\u2044\u2215\u29f8\u29f9\uff0f\ufe68\uff3c]/;

/** What is wrong with the path of a file in an archive, as the end of a sentence; undefined when nothing is. */
export function faultOfPath(path: string): string | undefined {
  if (path === '') return 'has no name';
  if (path.startsWith('/')) return 'is an absolute path';
  if (path.includes('\\')) return 'has a backslash in its name';
  if (/^[A-Za-z]:/.test(path)) return 'names a drive';
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'has a control character in its name';
  if (LOOKALIKE.test(path)) return 'has a character in its name that only looks like a slash';
  if (!path.isWellFormed() || path.includes('\ufffd')) return 'has a name that is not UTF-8';
  if (Buffer.byteLength(path) > LONGEST_PATH) return `has a path longer than ${LONGEST_PATH} bytes`;
  const names = path.split('/');
  if (names.length > DEEPEST) return `lies deeper than ${DEEPEST} folders`;
  if (names.includes('..')) return 'leaves the folder with ".."';
  if (names.includes('.') || names.includes('')) return 'has an empty part in its path';
  if (names.some((name) => Buffer.byteLength(name) > LONGEST_NAME)) return `has a name longer than ${LONGEST_NAME} bytes`;
  return undefined;
}

/** A name from outside as it may be printed: in quotes, escaped, at most 120 characters. */
export function shown(path: string): string {
  const short = path.length > 120 ? `${path.slice(0, 117)}...` : path;
  // oxlint-disable-next-line no-control-regex
  return JSON.stringify(short).replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
