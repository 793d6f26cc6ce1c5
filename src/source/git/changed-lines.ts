import { TrunklineError } from '../../foundation/errors.ts';
import type { LineRange } from '../history.ts';
import { endGroup, gitEnded, startGit } from './git.ts';
import type { Repository } from './repository.ts';

/** By the path that a file has now. */
export type ChangedLines = ReadonlyMap<string, readonly LineRange[]>;

export const EVERY_LINE: readonly LineRange[] = [[1, Number.MAX_SAFE_INTEGER]];

const MOST_BYTES = 2 * 1024 ** 3;
const TIMEOUT = 300_000;

/**
 * Renames are followed, so that a file that only moved has no changed line; more than so many are not looked for.
 * `--text` takes no attribute's word, nor that of a byte, for a file having no lines.
 */
const OPTIONS = [
  '--unified=0', '--no-color', '--no-ext-diff', '--no-textconv', '--text', '--find-renames', '-l2000', '--ignore-submodules=all',
  '--src-prefix=', '--dst-prefix=',
];

/**
 * The lines that a diff adds or rewrites, read as git prints it: however much it is, little of it is kept.
 * @param against what `git diff` compares: one or two trees, or `--cached` and one
 */
export async function changedLines(repository: Repository, against: readonly string[], env: { readonly [name: string]: string } = {}): Promise<ChangedLines> {
  const call = { env, timeout: TIMEOUT };
  const child = startGit(repository, ['diff', ...OPTIONS, ...against, '--'], call);
  const reader = new DiffReader();
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) endGroup(child);
    else reader.read(chunk);
  });
  child.stdin.end();
  const [ended] = await Promise.allSettled([gitEnded(child, 'diff', call)]);
  if (bytes > MOST_BYTES) {
    throw new TrunklineError('SOURCE_TOO_LARGE', 'code', `the commit changes more than ${MOST_BYTES} bytes`, 'take what is too large out of the repository');
  }
  if (ended.status === 'rejected') throw ended.reason;
  return reader.end();
}

const NEWLINE = 10;
/** Longer lines are content; the rest of one decides nothing. */
const LONGEST_HEADER = 64 * 1024;

/** Reads a diff without context: what stands at `+++`, and the second half of each `@@`. */
export class DiffReader {
  readonly #changed = new Map<string, LineRange[]>();
  #line = '';
  #file: string | undefined;
  /** Lines of content that the last `@@` announced. */
  #left = 0;

  read(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const end = chunk.indexOf(NEWLINE, at);
      const stop = end === -1 ? chunk.length : end;
      this.#line += chunk.toString('latin1', at, Math.min(stop, at + LONGEST_HEADER - this.#line.length));
      at = stop + 1;
      if (end === -1) return;
      this.#take(this.#line);
      this.#line = '';
    }
  }

  end(): ChangedLines {
    if (this.#line !== '') this.#take(this.#line);
    return this.#changed;
  }

  #take(line: string): void {
    if (this.#left > 0 && /^[+\-\\]/.test(line)) {
      if (!line.startsWith('\\')) this.#left -= 1;
      return;
    }
    if (line.startsWith('+++ ')) {
      const path = line.slice('+++ '.length).replace(/\t$/, '');
      this.#file = path === '/dev/null' ? undefined : unquoted(path);
      return;
    }
    const hunk = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (!hunk) return;
    const [, removed = '1', start, added = '1'] = hunk;
    this.#left = Number(removed) + Number(added);
    if (this.#file === undefined || added === '0') return;
    const range: LineRange = [Number(start), Number(start) + Number(added) - 1];
    const known = this.#changed.get(this.#file);
    if (known) known.push(range);
    else this.#changed.set(this.#file, [range]);
  }
}

const ESCAPES: { readonly [letter: string]: number } = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 };

/** As git writes a path that holds more than plain characters: in quotes, its bytes escaped as in C. */
function unquoted(path: string): string {
  if (!path.startsWith('"')) return path;
  const bytes = [...path.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\])/gs)].map(([, octal, letter, plain]) => {
    if (octal !== undefined) return Number.parseInt(octal, 8);
    return letter === undefined ? plain!.charCodeAt(0) : ESCAPES[letter] ?? 63;
  });
  return Buffer.from(bytes).toString('utf8');
}
