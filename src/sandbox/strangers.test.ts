import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TrunklineError } from '../foundation/errors.ts';
import { requireOpen } from './strangers.ts';

test('a clone made under a strict umask is named, with the command that opens it', async (context) => {
  const root = await mkdtemp(join(tmpdir(), "it's shut "));
  context.after(() => rm(root, { recursive: true }));
  const [folder, program] = [join(root, 'bin'), join(root, 'bin', 'node')];
  await mkdir(folder, { mode: 0o755 });
  await writeFile(program, '', { mode: 0o755 });
  await requireOpen(root, [program, '/elsewhere/node']);
  for (const [path, mode] of [[program, 0o700], [program, 0o744], [folder, 0o700], [folder, 0o744]] as const) {
    await chmod(path, mode);
    await assert.rejects(requireOpen(root, [program]), (error) => error instanceof TrunklineError && error.record.code === 'PRODUCT_SHUT' && error.message.includes(path) && /chmod -R go\+rX '.*it'\\''s shut/.test(error.record.hint ?? ''));
    await chmod(path, 0o755);
  }
  await requireOpen(root, [program]);
});
