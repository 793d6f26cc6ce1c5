/** What the hook adds to a commit of one file of the example: against a bare commit and the bare tools that it runs, on the same files. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './rig.ts';

const ROUNDS = 5;
const FILE = 'src/domain/pricing.ts';
/** Those that reach the file by their imports, as the hook says. */
const TESTS = ['src/domain/pricing.test.ts', 'src/domain/place-order.test.ts', 'src/http/routes.test.ts', 'src/http/server.test.ts'];

const product = fileURLToPath(new URL('..', import.meta.url));
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trunkline-hook-')));
const orders = join(folder, 'orders');
const path = [join(orders, 'node_modules', '.bin'), dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
const who = Object.fromEntries(['AUTHOR', 'COMMITTER'].flatMap((one) => [[`GIT_${one}_NAME`, 'bench'], [`GIT_${one}_EMAIL`, 'bench@example.org']]));

async function run(program: string, ...words: readonly string[]): Promise<string> {
  const child = spawn(program, words, { cwd: orders, env: { ...process.env, ...who, PATH: path }, stdio: ['ignore', 'pipe', 'pipe'] });
  let told = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void (told += chunk.toString()));
  const [code] = await once(child, 'close') as [number | null];
  if (code !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${code}:\n${told}`);
  return told;
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

let changes = 0;
async function change(): Promise<void> {
  appendFileSync(join(orders, FILE), `// change ${changes += 1}\n`);
  await run('git', 'add', FILE);
}

try {
  cpSync(join(product, 'examples/orders'), orders, { recursive: true, filter: (each) => !/\/(node_modules|dist|reports|coverage|\.trunkline)$/.test(each) });
  await run('npm', 'ci', '--no-audit', '--no-fund');
  await run('git', 'init', '--quiet', '--initial-branch=main');
  await run('git', 'add', '--all');
  await run('git', 'commit', '--quiet', '--no-verify', '--message=orders');
  await run('git', 'config', 'core.hooksPath', '.githooks');
  await run('git', 'config', 'trunkline.path', join(product, 'bin/trunkline.js'));
  const pairs: { readonly ours: number; readonly bare: number }[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    await change();
    let told = '';
    const ours = await timed(async () => { told = await run('git', 'commit', '--message=ours'); });
    if (!/✔ unit-tests {2}4 of/.test(told)) throw new Error(`the hook ran other tests than these:\n${told}`);
    await change();
    const bare = await timed(async () => {
      await Promise.all([run('eslint', FILE), run('node', '--test', ...TESTS)]);
      await run('git', 'commit', '--no-verify', '--message=bare');
    });
    // The first of each finds nothing compiled and no plan.
    if (round > 0) pairs.push({ ours, bare });
  }
  const [ours, bare] = [median(pairs.map((pair) => pair.ours)), median(pairs.map((pair) => pair.bare))];
  process.stdout.write(`hook: a commit of one file in ${ours.toFixed(0)} ms with secrets, static analysis, linter and tests; the bare linter, tests and commit in ${bare.toFixed(0)} ms, ratio ${median(pairs.map((pair) => pair.ours / pair.bare)).toFixed(2)} (aim 2000 ms)\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
