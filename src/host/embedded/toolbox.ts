import { createHash } from 'node:crypto';
import { createReadStream, type BigIntStats } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { digestOf } from '../../foundation/digest.ts';
import type { Digest } from '../../foundation/units.ts';
import type { Tool } from '../../pipeline/tools.ts';
import type { Toolbox } from '../tools.ts';

/** Read at once; what is larger passes piece by piece. */
const SMALL = 1_000_000;
const AT_ONCE = 16;

/** Where a tool lies on this machine, and how it is told. */
export interface ToolPlace {
  readonly version: string;
  /** One file, or the folders and files that make it. */
  readonly paths: readonly string[];
}

/** By name: finds a tool. Throws, or answers nothing, where it is not there. */
export type ToolRows = ReadonlyMap<string, () => ToolPlace | undefined | Promise<ToolPlace | undefined>>;

/**
 * The digests of tools: of a single file, SHA-256 over its bytes; else over a list of all files with the SHA-256 of
 * each, in order of their paths. A file is read again where its inode, size or time of change differ from what they were:
 * that is remembered in this process alone, where nobody can write.
 */
export class FileToolbox implements Toolbox {
  readonly #rows: ToolRows;
  readonly #known = new Map<string, { readonly as: string; readonly digest: Digest }>();

  constructor(rows: ToolRows) {
    this.#rows = rows;
  }

  async now(names: readonly string[]): Promise<readonly Tool[]> {
    const found = await Promise.all(names.map(async (name): Promise<readonly Tool[]> => {
      try {
        const place = await this.#rows.get(name)?.();
        return place === undefined ? [] : [{ name, version: place.version, digest: await this.#digest(place.paths) }];
      } catch {
        return []; // it is not there: whatever wants it says what to do about that
      }
    }));
    return found.flat();
  }

  async #digest(paths: readonly string[]): Promise<Digest> {
    const [only] = paths;
    const status = only === undefined ? undefined : await lstat(only, { bigint: true });
    if (paths.length === 1 && only !== undefined && status?.isFile()) return this.#ofFile(only, status);
    const lines = (await Promise.all(paths.toSorted().map((path, index) => this.#lines(path, String(index))))).flat();
    return digestOf(lines.join('\n'));
  }

  /** @param as what stands for the path in the list: where it is installed decides nothing */
  async #lines(path: string, as: string): Promise<readonly string[]> {
    const status = await lstat(path, { bigint: true });
    if (status.isSymbolicLink()) return [`link ${JSON.stringify([as, await readlink(path)])}`];
    if (status.isFile()) return [`${await this.#ofFile(path, status)} ${JSON.stringify(as)}`];
    if (!status.isDirectory()) return [];
    const lines: string[] = [];
    const names = (await readdir(path)).toSorted();
    for (let first = 0; first < names.length; first += AT_ONCE) {
      const some = await Promise.all(names.slice(first, first + AT_ONCE).map((name) => this.#lines(join(path, name), `${as}/${name}`)));
      lines.push(...some.flat());
    }
    return lines;
  }

  async #ofFile(path: string, { ino, dev, size, ctimeNs }: BigIntStats): Promise<Digest> {
    const as = [dev, ino, size, ctimeNs].join(' ');
    const known = this.#known.get(path);
    if (known?.as === as) return known.digest;
    const digest = size <= SMALL ? digestOf(await readFile(path)) : await digestOfStream(path);
    this.#known.set(path, { as, digest });
    return digest;
  }
}

async function digestOfStream(path: string): Promise<Digest> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return `sha256:${hash.digest('hex')}`;
}
