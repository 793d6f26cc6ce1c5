import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = import.meta.dirname;
const shop = join(here, '..', 'orders');
const installed = join(here, '..', '..', 'node_modules');
const bad = [
  'breaking-migration', 'broken-gamma', 'error-in-production', 'failing-test', 'forbidden-licence', 'latency', 'lint-error', 'lowered-coverage', 'secret', 'sql-injection',
  'vulnerable-dependency',
];
const all = ['good-gift-message', ...bad];
/** What is installed in a copy, or comes out of one, is no part of a release. */
const MADE = new Set(['node_modules', 'dist', 'reports', 'coverage', '.trunkline']);
/** The steps of the features need Cucumber, which only the shop itself installs. */
const CHECKED = ['src', 'acceptance', 'probes', 'customers'];

/** What is tried: each commit alone, and those of the demonstration one upon the other. */
const tried: { readonly [folder: string]: readonly string[] } = {
  ...Object.fromEntries(all.map((patch) => [patch, [patch]])),
  demonstration: ['good-gift-message', 'error-in-production'],
};

let root = '';
let typeFaults = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'orders-commits-'));
  const first = join(root, 'first');
  await cp(shop, first, { recursive: true, filter: (path) => !MADE.has(path.slice(shop.length + 1).split('/')[0]!) });
  await git(first, 'init', '--quiet', '--initial-branch=main');
  await git(first, 'add', '--all');
  await git(first, 'commit', '--quiet', '--message=The first release');
  for (const [folder, patches] of Object.entries(tried)) {
    await git(first, 'clone', '--quiet', '.', join(root, folder));
    for (const patch of patches) await git(join(root, folder), 'apply', '--index', '--whitespace=error-all', join(here, `${patch}.patch`));
  }
  typeFaults = await compiled();
});

after(() => rm(root, { recursive: true, force: true }));

/** git without the configuration of whoever runs the tests. */
async function git(folder: string, ...words: string[]): Promise<string> {
  const person = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'core.hooksPath=/dev/null', '-c', 'commit.gpgSign=false'];
  const env = { PATH: process.env['PATH'], HOME: root, GIT_CONFIG_NOSYSTEM: '1' };
  return (await run('git', ['-C', folder, ...person, ...words], { env })).stdout;
}

/** What the compiler says of all of them, by the shop's own options: one run, which reads what they share once. */
async function compiled(): Promise<string> {
  await symlink(installed, join(root, 'node_modules'));
  const include = ['first', ...Object.keys(tried)].flatMap((folder) => CHECKED.map((part) => `${folder}/${part}`));
  await writeFile(join(root, 'tsconfig.json'), JSON.stringify({ extends: './first/tsconfig.json', include }));
  const checked = run(process.execPath, [join(installed, 'typescript', 'bin', 'tsc'), '-p', root], { cwd: root });
  return checked.then(() => '', (error: { stdout: string; message: string }) => error.stdout || error.message);
}

async function failedTests(folder: string): Promise<readonly string[]> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env; // else the inner run reports to the outer one
  const tested = run(process.execPath, ['--test', '--test-isolation=none', '--test-reporter=tap', 'src/domain/*.test.ts'], { cwd: join(root, folder), env });
  const output = await tested.then(({ stdout }) => stdout, (error: { stdout: string }) => error.stdout);
  assert.match(output, /^# tests [1-9]/m);
  return [...output.matchAll(/^ *not ok \d+ - (.*)$/gm)].map(([, title]) => title!);
}

for (const [folder, patches] of Object.entries(tried)) {
  test(`${patches.join(' and then ')} compiles, and unit tests of the domain ${folder === 'failing-test' ? 'see it' : 'pass'}`, async () => {
    assert.notEqual(await git(join(root, folder), 'diff', '--cached', '--name-only'), '');
    assert.deepEqual(typeFaults.split('\n').filter((line) => line.startsWith(`${folder}/`)), []);
    const failed = await failedTests(folder);
    assert.equal(failed.length > 0, folder === 'failing-test', failed.join('\n'));
  });
}

test('the compiler has nothing to say of the first release, nor of how it was asked', () => {
  assert.equal(typeFaults, '');
});

test('no two commits bring a migration of the same version, so that any of them can follow any other', async () => {
  const versions = await Promise.all(all.map(async (patch) => {
    const text = await readFile(join(here, `${patch}.patch`), 'utf8');
    return [...text.matchAll(/^\+\+\+ b\/db\/migrations\/(\d+)_/gm)].map(([, version]) => version!);
  }));
  assert.equal(versions.flat().length, 3);
  assert.equal(new Set(versions.flat()).size, versions.flat().length);
});

test('the committed key has the look of a real one and the account of none', async () => {
  const [, id = ''] = /accessKeyId: '(AKIA[A-Z2-7]{16})'/.exec(await readFile(join(here, 'secret.patch'), 'utf8')) ?? [];
  const bits = Array.from(id.slice(4), (letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  assert.ok(Number.parseInt(bits.slice(1, 41), 2) > 999_999_999_999);
});

test('every commit has its line in the README', async () => {
  const readme = await readFile(join(here, 'README.md'), 'utf8');
  for (const patch of all) assert.match(readme, new RegExp(`^\\| \`${patch}\` \\|`, 'm'));
});
