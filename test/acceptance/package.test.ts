import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { kioskFiles } from '../rig/kiosk.ts';

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
  // As an installation has it, and no link to a clone that cells may not see.
  for (const name of readdirSync(join(product, 'node_modules'))) if (name !== 'trunkline') copied(join(product, 'node_modules', name), join(modules, name));
  assert.deepEqual(readdirSync(join(modules, 'trunkline')).filter((name) => name === 'src'), [], 'only built files are published');

  const commands = (repository: string): ((...args: string[]) => string) => {
    run('git', ['init', '--quiet', '--initial-branch=main'], repository);
    run('git', ['add', '--all'], repository);
    run('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-c', 'core.hooksPath=/dev/null', 'commit', '--quiet', '--message', 'first'], repository);
    return (...args) => run(process.execPath, [join(modules, 'trunkline/bin/trunkline.js'), ...args], repository);
  };
  const orders = join(folder, 'orders');
  const skipped = /[\\/](node_modules|dist|reports|coverage)$/;
  cpSync(join(product, 'examples/orders'), orders, { recursive: true, filter: (path) => !skipped.test(path) });
  const check = JSON.parse(commands(orders)('check', '--json')) as { readonly rows: readonly { readonly id: string; readonly state: string; readonly level: string }[] };
  assert.deepEqual(check.rows.filter(({ level, state }) => level === 'required' && state === 'missing'), []);
  assert.deepEqual(check.rows.filter(({ id, state }) => /^(local|source|build)\./.test(id) && state !== 'present'), []);

  // Every kind of action of Build, on next to nothing.
  const kiosk = join(folder, 'kiosk');
  const files = kioskFiles({ number: 1, fields: SCANS, files: {
    'package.json': JSON.stringify({ name: 'kiosk', version: '1.0.0', private: true, type: 'module' }),
    'package-lock.json': JSON.stringify({ name: 'kiosk', version: '1.0.0', lockfileVersion: 3, requires: true, packages: { '': { name: 'kiosk', version: '1.0.0' } } }),
    'tools/lint.mjs': "import { writeFileSync } from 'node:fs'; writeFileSync('lint.sarif', JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name: 'lint' } }, results: [] }] }));",
    'advisories/EXAMPLE-1.json': JSON.stringify({ id: 'EXAMPLE-1', modified: '2026-01-01T00:00:00Z', summary: 'invented', affected: [{ package: { ecosystem: 'npm', name: 'invented' }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }] }] }] }),
  } });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(kiosk, path)), { recursive: true });
    writeFileSync(join(kiosk, path), text);
  }
  const built = commands(kiosk)('build');
  for (const action of ['code', 'unit-tests', 'code-quality', 'secrets', 'sast', 'sbom', 'sca', 'package']) assert.match(built, new RegExp(`^✔ ${action} `, 'm'), built);
  assert.match(built, /Build passed/);
});

const SCANS = {
  'source.infrastructure': "'trunkline.config.ts'", 'source.staticAssets': "waive('a kiosk')", 'source.staticConfiguration': "waive('a kiosk')",
  'build.codeQuality': "sh('node tools/lint.mjs', { findings: { sarif: 'lint.sarif' } })",
  'build.secrets': 'secretlint({ history: true })', 'build.sast': "staticAnalysis({ failOn: 'critical', exclude: ['src/**'] })", 'build.sbom': 'npmSbom()', 'build.sca': "osv({ advisories: 'advisories' })",
};

/** By second names where one disk holds both, which costs next to nothing. */
function copied(from: string, to: string): void {
  try {
    execFileSync('cp', ['-al', from, to], { stdio: 'ignore' });
  } catch {
    rmSync(to, { recursive: true, force: true });
    execFileSync('cp', ['-a', from, to], { stdio: 'ignore' });
  }
}
