import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { TrunklineError } from '../../../foundation/errors.ts';
import { isSignedBy } from '../../keys.ts';
import { openKeys } from './keyfile.ts';

async function place(): Promise<AsyncDisposable & { readonly keys: string; readonly root: string; file(name: string): string }> {
  const root = await mkdtemp(join(tmpdir(), 'trunkline-keys-'));
  const keys = join(root, 'keys');
  return { keys, root, file: (name) => join(keys, name), [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}

async function refuses(opening: Promise<unknown>, code: string, naming: string): Promise<void> {
  await assert.rejects(opening, (error) => {
    assert.ok(error instanceof TrunklineError && error.record.code === code, String(error));
    assert.ok(error.message.includes(naming), error.message);
    assert.ok(error.record.hint);
    assert.ok(!error.message.includes('PRIVATE'), error.message);
    return true;
  });
}

describe('the keys of an installation', () => {
  it('are made at first use, for nobody else to read, and stay the same', async () => {
    await using where = await place();
    const { signer, trusted } = await openKeys(where.keys);
    assert.deepEqual(trusted.map(({ keyid }) => keyid), [signer.keyid]);
    assert.ok(isSignedBy(trusted[0]!, Buffer.from('message'), await signer.sign(Buffer.from('message'))));
    assert.equal((await stat(where.file('signing-key.pem'))).mode & 0o777, 0o600);
    assert.equal((await stat(where.keys)).mode & 0o777, 0o700);
    assert.equal((await openKeys(where.keys)).signer.keyid, signer.keyid);
    assert.deepEqual(await readdir(where.root), ['keys']);
  });

  it('are one key when many come first at the same time', async () => {
    await using where = await place();
    const opened = await Promise.all(Array.from({ length: 8 }, () => openKeys(where.keys)));
    assert.equal(new Set(opened.map(({ signer }) => signer.keyid)).size, 1);
    assert.deepEqual(await readdir(where.root), ['keys']);
  });

  it('sign what openssl verifies with the public key beside it', async () => {
    await using where = await place();
    const { signer } = await openKeys(where.keys);
    await writeFile(join(where.root, 'message'), 'message');
    await writeFile(join(where.root, 'signature'), await signer.sign(Buffer.from('message')));
    const { status, stdout, stderr, error } = spawnSync('openssl', ['pkeyutl', '-verify', '-pubin', '-inkey', where.file('signing-key.pub'), '-rawin', '-in', join(where.root, 'message'), '-sigfile', join(where.root, 'signature')], { encoding: 'utf8' });
    if (error) assert.equal((error as NodeJS.ErrnoException).code, 'ENOENT');
    else assert.equal(status, 0, stdout + stderr);
  });

  it('are refused when others can read the key, or write the list of what is trusted', async () => {
    await using where = await place();
    await openKeys(where.keys);
    await chmod(where.file('signing-key.pem'), 0o640);
    await refuses(openKeys(where.keys), 'KEY_PERMISSIVE', 'signing-key.pem');
    await chmod(where.file('signing-key.pem'), 0o600);
    await chmod(where.file('trusted-keys.json'), 0o666);
    await refuses(openKeys(where.keys), 'KEY_PERMISSIVE', 'trusted-keys.json');
  });

  it('are never made anew where one is missing, and nothing is read through a link', async () => {
    for (const name of ['signing-key.pem', 'signing-key.pub', 'trusted-keys.json']) {
      await using where = await place();
      await openKeys(where.keys);
      await rm(where.file(name));
      await refuses(openKeys(where.keys), 'KEY_UNREADABLE', name);
      await symlink('/etc/hostname', where.file(name));
      await refuses(openKeys(where.keys), 'KEY_UNREADABLE', name);
    }
  });

  it('are refused when garbled, without a word of what is in them', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const cases: readonly (readonly [name: string, content: string, naming: string])[] = [
      ['signing-key.pem', '', 'signing-key.pem'], ['signing-key.pem', '-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n', 'signing-key.pem'], ['signing-key.pem', rsa, 'of the type rsa'],
      ['signing-key.pub', other, 'does not belong'],
      ['trusted-keys.json', '{', 'it is not JSON'], ['trusted-keys.json', '{"version":1,"keys":[]}', 'keys'], ['trusted-keys.json', '{"version":1,"keys":[{"publicKey":"x","revoked":true}]}', 'revoked'],
      ['trusted-keys.json', JSON.stringify({ version: 1, keys: [{ publicKey: 'junk' }] }), 'trusted key'],
    ];
    for (const [name, content, naming] of cases) {
      await using where = await place();
      await openKeys(where.keys);
      await writeFile(where.file(name), content);
      await refuses(openKeys(where.keys), 'KEY_INVALID', naming);
    }
  });

  it('are believed as far as the list says', async () => {
    await using where = await place();
    await openKeys(where.keys);
    const list = JSON.parse(await readFile(where.file('trusted-keys.json'), 'utf8'));
    list.keys[0].revokedAt = '2024-01-02T03:04:05Z';
    list.keys.push({ publicKey: generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }), notAfter: '2030-01-01T00:00:00Z', signs: ['https://cyclonedx.org/bom'], note: 'the laboratory' });
    await writeFile(where.file('trusted-keys.json'), JSON.stringify(list));
    const { trusted } = await openKeys(where.keys);
    assert.equal(trusted[0]!.revokedAt, Date.UTC(2024, 0, 2, 3, 4, 5));
    assert.deepEqual([trusted[1]!.notAfter, trusted[1]!.signs], [Date.UTC(2030, 0, 1), ['https://cyclonedx.org/bom']]);
  });
});
