import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const product = fileURLToPath(new URL('../..', import.meta.url));

test('the published package checks and builds a repository from its built files', (t) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trunkline-package-')));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const run = (command: string, args: readonly string[], cwd: string): string => execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  // Built into a copy: the work tree stays as it is.
  const source = join(folder, 'source');
  mkdirSync(source);
  for (const name of ['src', 'bin', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'README.md', 'LICENSE', 'CHANGELOG.md']) cpSync(join(product, name), join(source, name), { recursive: true });
  symlinkSync(join(product, 'node_modules'), join(source, 'node_modules'));
  run(process.execPath, [join(product, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], source);
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], source)) as [{ filename: string }];
  const modules = join(folder, 'app/node_modules');
  mkdirSync(modules, { recursive: true });
  run('tar', ['-xzf', join(folder, filename), '-C', modules], folder);
  run('mv', ['package', 'trunkline'], modules);
  for (const name of readdirSync(join(product, 'node_modules'))) if (name !== 'trunkline') symlinkSync(join(product, 'node_modules', name), join(modules, name));
  assert.deepEqual(readdirSync(join(modules, 'trunkline')).filter((name) => name === 'src'), [], 'only built files are published');

  const repository = join(folder, 'orders');
  const skipped = /[\\/](node_modules|dist|reports|coverage)$/;
  cpSync(join(product, 'examples/orders'), repository, { recursive: true, filter: (path) => !skipped.test(path) });
  run('git', ['init', '--quiet', '--initial-branch=main'], repository);
  run('git', ['add', '--all'], repository);
  run('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', 'commit', '--quiet', '--message', 'first'], repository);

  const trunkline = (...args: string[]): string => run(process.execPath, [join(modules, 'trunkline/bin/trunkline.js'), ...args], repository);
  const check = JSON.parse(trunkline('check', '--json')) as { readonly rows: readonly { readonly state: string; readonly level: string }[] };
  assert.deepEqual(check.rows.filter(({ level, state }) => level === 'required' && state === 'missing'), []);
  assert.match(trunkline('build'), /Build passed/);
});
