import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ARCHIVE_LIMITS } from '../../artifact/archive.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import { Folder } from '../../foundation/folder.ts';
import { removeFolder } from '../../foundation/removal.ts';
import { walk } from '../../foundation/walk.ts';

const AT_ONCE = 16;

/**
 * A folder that only this process can write, and what is to be packaged in it. Code of the commit may still run in the
 * checkout: what is copied here can be changed by nobody any more, and no link put there meanwhile is followed.
 */
export class Staging implements AsyncDisposable {
  readonly folder: string;
  readonly files = new Set<string>();
  #bytes = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param parent that no code of the commit can reach, and that is swept when this process is killed. */
  static async make(parent: string): Promise<Staging> {
    return new Staging(await mkdtemp(join(parent, 'package-')));
  }

  /** Copies plain files below `root`, under the same paths. */
  async add(root: string, paths: readonly string[], signal: AbortSignal): Promise<void> {
    const pending = paths.filter((path) => !this.files.has(path));
    await using folder = await Folder.open(root);
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
        signal.throwIfAborted();
        await this.#copy(folder, path);
        this.files.add(path);
      }
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeFolder(this.folder);
  }

  /** Exactly what was measured: a file that grows or shrinks meanwhile is none to be packaged. */
  async #copy(folder: Folder, path: string): Promise<void> {
    await using file = await folder.file(path);
    const { mode, size } = await file.stat();
    this.#bytes += size;
    if (this.#bytes > ARCHIVE_LIMITS.bytes) throw refused(`the files have more than ${ARCHIVE_LIMITS.bytes} bytes together, at ${path}`, 'package less');
    const target = join(this.folder, path);
    await mkdir(dirname(target), { recursive: true });
    const copied = createWriteStream(target, { mode: (mode & 0o100) === 0 ? 0o644 : 0o755, flags: 'wx' });
    if (size === 0) return await new Promise<void>((resolve, reject) => copied.once('error', reject).end(resolve));
    await pipeline(file.createReadStream({ autoClose: false, end: size - 1 }), copied);
    if (copied.bytesWritten !== size) throw refused(`${path} changed while it was packaged`, 'let nothing of the build run on when it has ended');
  }
}

/** What npm keeps for itself, and links for shells. */
const NOT_PACKAGED = new Set(['node_modules/.package-lock.json', 'node_modules/.bin', 'node_modules/.cache']);

/** Every file of an installation. @throws {TrunklineError} `PACKAGE_REFUSED` for a link: it would lead nowhere in an artifact. */
export async function installedFiles(root: string): Promise<readonly string[]> {
  const files: string[] = [];
  await using folder = await Folder.open(root);
  // Without production dependencies npm makes no folder.
  if (await folder.look('node_modules') === undefined) return files;
  const isPassed = (path: string, name: string): boolean => NOT_PACKAGED.has(path) || name === '.bin' && path.endsWith('node_modules/.bin');
  for await (const { path, type } of walk(folder, 'node_modules', { isPassed })) {
    if (type !== 'file') throw refused(`the production dependency at ${path} is a link, which has no place in an artifact`, 'packages of the repository itself cannot be packaged this way: bundle them in the build');
    files.push(path);
  }
  return files;
}

function refused(why: string, next: string): TrunklineError {
  return new TrunklineError('PACKAGE_REFUSED', 'code', why, next);
}
