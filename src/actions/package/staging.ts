import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TrunklineError } from '../../foundation/errors.ts';
import { openInside } from '../../foundation/inside.ts';

const AT_ONCE = 16;

/**
 * A folder that only this process can write, and what is to be packaged in it. Code of the commit may still run in the
 * checkout: what is copied here can be changed by nobody any more, and no link put there meanwhile is followed.
 */
export class Staging implements AsyncDisposable {
  readonly folder: string;
  readonly files = new Set<string>();

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
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
        signal.throwIfAborted();
        await this.#copy(root, path);
        this.files.add(path);
      }
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async #copy(root: string, path: string): Promise<void> {
    await using file = await openInside(root, path);
    const { mode } = await file.stat();
    const target = join(this.folder, path);
    await mkdir(dirname(target), { recursive: true });
    await pipeline(file.createReadStream({ autoClose: false }), createWriteStream(target, { mode: (mode & 0o100) === 0 ? 0o644 : 0o755, flags: 'wx' }));
  }
}

/** What npm keeps for itself, and links for shells. */
const NOT_PACKAGED = new Set(['node_modules/.package-lock.json', 'node_modules/.bin', 'node_modules/.cache']);

/** Every file of an installation. @throws {TrunklineError} `PACKAGE_REFUSED` for a link: it would lead nowhere in an artifact. */
export async function installedFiles(root: string): Promise<readonly string[]> {
  const files: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      // Without production dependencies npm makes no folder.
      if (error.code === 'ENOENT' && folder === 'node_modules') return [];
      throw error;
    });
    for (const entry of entries) {
      const path = `${folder}/${entry.name}`;
      if (NOT_PACKAGED.has(path) || (entry.name === '.bin' && folder.endsWith('node_modules'))) continue;
      if (entry.isDirectory()) await visit(path);
      else if (entry.isFile()) files.push(path);
      else throw new TrunklineError('PACKAGE_REFUSED', 'code', `the production dependency at ${path} is a link, which has no place in an artifact`, 'packages of the repository itself cannot be packaged this way: bundle them in the build');
    }
  };
  await visit('node_modules');
  return files;
}
