/**
 * What the second Build of an unchanged commit costs, against the first: the example, with its real installation, compiler
 * and tests, by the command line. It needs a package registry for the first. Prints ratios: `node bench/cache.ts`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './rig.ts';

const AGAIN = 3;
const product = fileURLToPath(new URL('..', import.meta.url));

interface Line { readonly action: string; readonly state: string; readonly durationMs?: number; readonly cached?: object }

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trunkline-bench-')));
try {
  const repository = join(folder, 'orders');
  cpSync(join(product, 'examples/orders'), repository, { recursive: true, filter: (path) => !/[\\/](node_modules|dist|reports|coverage|\.trunkline)$/.test(path) });
  const git = (...args: string[]): void => void execFileSync('git', ['-C', repository, '-c', 'user.name=bench', '-c', 'user.email=bench@example.org', ...args], { env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' } });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'the example');
  const first = build(repository);
  const again = Array.from({ length: AGAIN }, () => build(repository));
  const work = (lines: readonly Line[]): number => lines.filter(({ action }) => action !== 'package').reduce((sum, { durationMs = 0 }) => sum + durationMs, 0);
  const [before, after] = [work(first.lines), median(again.map(({ lines }) => work(lines)))];
  const cached = again.at(-1)?.lines.filter((line) => line.cached !== undefined).length ?? 0;
  process.stdout.write(`cache: all actions of Build but package ${before} ms, unchanged ${after.toFixed(0)} ms (${cached} cached), ratio ${(after / before).toFixed(3)}; the whole command ${first.took.toFixed(0)} ms and ${median(again.map(({ took }) => took)).toFixed(0)} ms\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function build(repository: string): { readonly took: number; readonly lines: readonly Line[] } {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(product, 'src/main.ts'), 'build', '--json', '--directory', repository], { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
  if (status !== 0) throw new Error(`the build ended with ${status}: ${stderr}${stdout.slice(-2_000)}`);
  return { took: performance.now() - began, lines: JSON.parse(stdout) as Line[] };
}
