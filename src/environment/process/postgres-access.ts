import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { Secret } from '../../foundation/secret.ts';

/** How a cluster is reached. Kept in one file that only its owner can read, and nowhere else. */
export interface Access {
  /** Of the superuser `postgres`, who alone may create roles and databases. */
  readonly superuser: Secret;
  /** Of the role `application`, who owns the database `application`. */
  readonly application: Secret;
  /** Where it listened last; 0 before the first start. Kept, so that addresses handed out outlive a restart. */
  readonly port: number;
}

export function newAccess(): Access {
  // base64url: a password that needs no escaping, neither in an address nor in SQL.
  const password = (): Secret => new Secret(randomBytes(24).toString('base64url'));
  return { superuser: password(), application: password(), port: 0 };
}

/** Undefined where there is no file. */
export async function readAccess(file: string): Promise<Access | undefined> {
  try {
    const stored = JSON.parse(await readFile(file, 'utf8')) as { superuser: string; application: string; port: number };
    return { superuser: new Secret(stored.superuser), application: new Secret(stored.application), port: stored.port };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all, also when the machine stops in the middle. */
export async function writeAccess(file: string, access: Access): Promise<void> {
  const stored = { superuser: access.superuser.reveal(), application: access.application.reveal(), port: access.port };
  await writePrivate(`${file}.new`, JSON.stringify(stored));
  await rename(`${file}.new`, file);
}

/** A file that only its owner can read, from its first byte on. */
export async function writePrivate(file: string, text: string): Promise<void> {
  await using handle = await open(file, 'w', 0o600);
  await handle.chmod(0o600);
  await handle.writeFile(text);
  await handle.sync();
}
