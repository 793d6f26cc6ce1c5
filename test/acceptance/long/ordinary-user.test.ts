import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { product } from '../../rig/product.ts';

const NOBODY = 65_534;
const skip = process.getuid?.() === 0 ? false : 'whoever runs this is an ordinary user in a clone of their own: the other stories have shown it';

/** Below a home that nobody else enters, in a path that quotes, blanks, percent signs and letters of other scripts make hard. */
const CLONE = `it's "my" clöne $HOME #1%20`;

/**
 * A clone under the strictest umask, with the packages of this one, made ready as the README's commands do. The mount
 * is of a namespace of its own, so that none stays.
 */
const READY = `
umask 077
chmod -R go-rwx "$1/.."
mkdir "$1/node_modules"
chown -R "$6" "$1/.."
mount --bind "$2/node_modules" "$1/node_modules"
cd "$1"
node_modules/.bin/node scripts/ready.js
`;
const STORIES = '"$3" --test --test-concurrency=1 --test-name-pattern="$4" test/acceptance/release.test.ts test/acceptance/errors.test.ts test/acceptance/walls.test.ts test/acceptance/hostile-release.test.ts src/environment/process/hostile.test.ts';
const NAMES = 'a good commit|an unreadable|the page on isolation|a hostile|a program that the database';
const AS_ROOT = `${READY}exec env TMPDIR="$5" ${STORIES}`;
const AS_NOBODY = `${READY}exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --inh-caps=-all env HOME="$5" TMPDIR="$5" ${STORIES}`;

for (const [user, id, script] of [['root', 0, AS_ROOT], ['an ordinary user', NOBODY, AS_NOBODY]] as const) {
  test(`all of it works for ${user}, in a clone that is theirs alone at a path of every kind of character`, { skip }, async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tl-home-')));
    try {
      const [clone, temporary] = [join(folder, 'home', CLONE), join(folder, 'tmp')];
      mkdirSync(clone, { recursive: true });
      mkdirSync(temporary);
      for (const name of readdirSync(product)) if (!['.git', '.trunkline', 'node_modules'].includes(name)) cpSync(join(product, name), join(clone, name), { recursive: true });
      for (const path of [folder, temporary]) chownSync(path, id, id);
      const { NODE_TEST_CONTEXT: _, ...env } = process.env; // the tests in there report to nobody but us
      const words = ['--mount', 'sh', '-ec', script, 'sh', clone, product, 'node_modules/.bin/node', NAMES, temporary, `${id}:${id}`];
      const run = promisify(execFile)('unshare', words, { env });
      const { code = 0, stdout } = await run.then((ended) => ({ ...ended, code: 0 }), (error: { code: number; stdout: string }) => error);
      assert.equal(code, 0, stdout);
      assert.match(stdout, /pass 7\b/, stdout);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
