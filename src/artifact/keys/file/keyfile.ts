import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { TrunklineError } from '../../../foundation/errors.ts';
import { keyIdOf, trustedKey, type Signer, type TrustedKey } from '../../keys.ts';
import { storageFault } from '../../storagefault.ts';

const PRIVATE = 'signing-key.pem';
const PUBLIC = 'signing-key.pub';
const TRUST = 'trusted-keys.json';

export interface FileKeys {
  readonly signer: Signer;
  readonly trusted: readonly TrustedKey[];
}

/**
 * The signing key of this installation and the keys that it believes, in a folder of three files:
 * `signing-key.pem` (Ed25519, mode 0600), `signing-key.pub`, and `trusted-keys.json`, the operator's list. Made at
 * first use, all at once or not at all; two processes that come first at the same time end up with the same key.
 * Never made again: what is missing or unreadable later is an error.
 * @throws {TrunklineError} `KEY_UNREADABLE`, `KEY_INVALID`, `KEY_PERMISSIVE`, `DISK_FULL`.
 */
export async function openKeys(folder: string): Promise<FileKeys> {
  try {
    await create(folder);
    const key = privateKey(read(join(folder, PRIVATE), 0o077), join(folder, PRIVATE));
    const publicKey = createPublicKey(key);
    if (trustedKey(read(join(folder, PUBLIC))).keyid !== keyIdOf(publicKey)) throw garbled(join(folder, PUBLIC), `it does not belong to ${PRIVATE}`);
    return {
      signer: { keyid: keyIdOf(publicKey), sign: async (message) => sign(null, message, key) },
      trusted: trustList(read(join(folder, TRUST), 0o022), join(folder, TRUST)),
    };
  } catch (error) {
    throw storageFault(error, `open the keys in ${folder}`);
  }
}

/** The keys that are believed, as they stand now; none where no key was ever made. @throws as {@link openKeys}. */
export function readTrust(folder: string): readonly TrustedKey[] {
  return existsSync(folder) ? trustList(read(join(folder, TRUST), 0o022), join(folder, TRUST)) : [];
}

const trustSchema = z.strictObject({
  version: z.literal(1),
  keys: z.array(z.strictObject({
    publicKey: z.string(),
    signs: z.array(z.string()).exactOptional(),
    /** ISO 8601. */
    revokedAt: z.iso.datetime().transform((text) => Date.parse(text)).exactOptional(),
    notAfter: z.iso.datetime().transform((text) => Date.parse(text)).exactOptional(),
    note: z.string().exactOptional(),
  })).min(1),
});

function trustList(text: string, path: string): readonly TrustedKey[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw garbled(path, 'it is not JSON');
  }
  const parsed = trustSchema.safeParse(document);
  if (!parsed.success) throw garbled(path, parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the list'}: ${issue.message}`).slice(0, 3).join('; '));
  return parsed.data.keys.map(({ publicKey, note: _note, ...terms }) => trustedKey(publicKey, terms));
}

/** Renaming a folder into place is what makes all three files appear at once, and only for the first who tries. */
async function create(folder: string): Promise<void> {
  if (await exists(folder)) return;
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
  const staging = await mkdtemp(`${folder}.new-`);
  try {
    const { privateKey: made, publicKey } = generateKeyPairSync('ed25519');
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    await write(join(staging, PRIVATE), made.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
    await write(join(staging, PUBLIC), pem, 0o644);
    await write(join(staging, TRUST), `${JSON.stringify({ version: 1, keys: [{ publicKey: pem, note: 'the signing key of this installation' }] }, null, 2)}\n`, 0o600);
    await sync(staging);
    await rename(staging, folder);
    await sync(dirname(folder));
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

async function write(path: string, text: string, mode: number): Promise<void> {
  await using file = await open(path, 'wx', mode);
  await file.writeFile(text);
  await file.sync();
}

async function sync(folder: string): Promise<void> {
  await using opened = await open(folder, 'r');
  await opened.sync();
}

async function exists(folder: string): Promise<boolean> {
  try {
    await using _ = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** @param forbidden permission bits that must not be set. */
function read(path: string, forbidden = 0): string {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    const { mode } = fstatSync(file);
    if ((mode & forbidden) !== 0) {
      throw new TrunklineError('KEY_PERMISSIVE', 'usage', `${path} is open to others (mode ${(mode & 0o777).toString(8)})`, `run "chmod 600 ${path}", and make a new key if others use this machine`);
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof TrunklineError) throw error;
    throw new TrunklineError('KEY_UNREADABLE', 'usage', `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, 'restore the keys from a backup; without them nothing that was signed before can be deployed');
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function privateKey(pem: string, path: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The reason that the library gives may quote the file.
    throw garbled(path, 'it is no private key');
  }
  if (key.asymmetricKeyType !== 'ed25519') throw garbled(path, `it is of the type ${key.asymmetricKeyType}, not Ed25519`);
  return key;
}

function garbled(path: string, why: string): TrunklineError {
  return new TrunklineError('KEY_INVALID', 'usage', `${path} is not usable: ${why}`, 'restore it from a backup');
}
