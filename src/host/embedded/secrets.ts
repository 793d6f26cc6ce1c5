import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';
import { Secret } from '../../foundation/secret.ts';

const NAME = /^[A-Z][A-Z0-9_]{0,63}$/;

/** Secrets that the operator gave, one a file that only its owner can read. */
export class SecretFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async set(name: string, value: string): Promise<void> {
    if (!NAME.test(name)) throw new TrunklineError('SECRET_NAME', 'usage', `"${name}" is no name for a secret`, 'write it like an environment variable: API_TOKEN');
    if (value.length < 8) throw new TrunklineError('SECRET_TOO_SHORT', 'usage', 'a secret has at least 8 characters: a shorter one can\'t be struck from logs without striking all else', 'give a longer one');
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeFile(join(this.#folder, `${name}.new`), value, { mode: 0o600 });
    await rename(join(this.#folder, `${name}.new`), join(this.#folder, name));
  }

  /** @throws {TrunklineError} `SECRET_MISSING`. */
  async get(name: string): Promise<Secret> {
    try {
      if (!NAME.test(name)) throw new Error('no such name');
      return new Secret(await readFile(join(this.#folder, name), 'utf8'));
    } catch {
      throw new TrunklineError('SECRET_MISSING', 'usage', `there is no secret ${JSON.stringify(name)}`, `give it with "trunkline secret set ${name}"`);
    }
  }

  async all(): Promise<Secret[]> {
    const names = await readdir(this.#folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return Promise.all(names.filter((name) => NAME.test(name)).map((name) => this.get(name)));
  }
}
