import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { product } from '../rig/product.ts';

const NOBODY = 65_534;

/** Under a path that everybody can enter, wherever the clone lies; in a mount namespace, so that no mount stays. */
const AS_NOBODY = `
mount --bind "$1" "$2/product"
cd "$2/product"
exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --inh-caps=-all env HOME="$2/home" TMPDIR="$2/home" "$3" --test --test-concurrency=1 --test-name-pattern="$4" test/acceptance/release.test.ts test/acceptance/errors.test.ts
`;

test('all of it works for an ordinary user too', { skip: process.getuid?.() === 0 ? false : 'whoever runs this is one: the other stories have shown it' }, async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tl-nobody-')));
  try {
    for (const name of ['product', 'home']) mkdirSync(join(folder, name));
    chownSync(join(folder, 'home'), NOBODY, NOBODY);
    chownSync(folder, NOBODY, NOBODY);
    const { NODE_TEST_CONTEXT: _, ...env } = process.env; // the tests in there report to nobody but us
    const run = promisify(execFile)('unshare', ['--mount', 'sh', '-ec', AS_NOBODY, 'sh', product, folder, 'node_modules/.bin/node', 'a good commit|an unreadable'], { env });
    const { code = 0, stdout } = await run.then((ended) => ({ ...ended, code: 0 }), (error: { code: number; stdout: string }) => error);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /pass 2\b/, stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
