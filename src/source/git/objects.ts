import type { Millis } from '../../foundation/units.ts';
import { endGroup, gitEnded, startGit } from './git.ts';
import type { Repository } from './repository.ts';

export interface GitObject {
  readonly id: string;
  /** `missing` when this repository does not hold it. */
  readonly type: 'commit' | 'tree' | 'blob' | 'tag' | 'missing';
  /** Of the whole object; `content` may be less of it. */
  readonly size: number;
  readonly content: Buffer;
}

const NEWLINE = 10;
const IDLE: Millis = 60_000;

/** The objects of these full hashes, in their order, each cut to its first `keep` bytes: memory stays small whatever they hold. */
export async function* readObjects(repository: Repository, ids: readonly string[], keep: number, env: { readonly [name: string]: string } = {}): AsyncGenerator<GitObject> {
  if (ids.length === 0) return;
  const call = { env, idle: IDLE };
  const child = startGit(repository, ['cat-file', '--batch'], call);
  const ended = gitEnded(child, 'cat-file', call);
  ended.catch(() => {}); // it is awaited below, unless the reader stops first
  child.stdin.end(`${ids.join('\n')}\n`);
  try {
    yield* parse(child.stdout, keep);
    await ended;
  } finally {
    endGroup(child);
  }
}

/** `ID TYPE SIZE\n`, so many bytes, `\n`; or `ID missing\n`. */
async function* parse(chunks: AsyncIterable<Buffer>, keep: number): AsyncGenerator<GitObject> {
  let header = '';
  let current: { id: string; type: GitObject['type']; size: number; left: number; kept: Buffer[]; room: number } | undefined;
  for await (const chunk of chunks) {
    let at = 0;
    while (at < chunk.length) {
      if (!current) {
        const end = chunk.indexOf(NEWLINE, at);
        header += chunk.toString('latin1', at, end === -1 ? chunk.length : end);
        at = end === -1 ? chunk.length : end + 1;
        if (end === -1) continue;
        const [id = '', type = 'missing', size] = header.split(' ');
        header = '';
        if (size === undefined) yield { id, type: 'missing', size: 0, content: Buffer.alloc(0) };
        else current = { id, type: type as GitObject['type'], size: Number(size), left: Number(size), kept: [], room: keep };
        continue;
      }
      const piece = chunk.subarray(at, at + current.left);
      current.left -= piece.length;
      at += piece.length;
      if (current.room > 0) current.kept.push(piece.subarray(0, current.room));
      current.room -= piece.length;
      if (current.left > 0 || at === chunk.length) continue;
      at += 1; // the newline behind the content
      yield { id: current.id, type: current.type, size: current.size, content: Buffer.concat(current.kept) };
      current = undefined;
    }
  }
}
