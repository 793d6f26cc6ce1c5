import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { application, sh, waive, type ApplicationSpec } from '../../pipeline/index.ts';
import { processes } from '../../pipeline/environments.ts';
import { running, spec } from '../../pipeline/fixture.testing.ts';
import { notCarried, type Packaged } from './carried.ts';

const scripts = { start: 'next start', serve: 'node server/index.js' };

interface Given { readonly packaged?: Packaged; readonly tracked?: readonly string[]; readonly code?: ApplicationSpec['build']['code'] }

async function lacking(t: TestContext, run: string, { packaged = { files: ['dist/**', 'probes/**'], productionDependencies: 'none' }, tracked = [], code = sh('npm ci && npm run build') }: Given = {}): Promise<string> {
  const repository = mkdtempSync(join(tmpdir(), 'trunkline-carried-'));
  t.after(() => rmSync(repository, { recursive: true }));
  writeFileSync(join(repository, 'package.json'), JSON.stringify({ scripts }));
  const beta = processes('beta', { ...running, run, regions: ['eu-west'] });
  const plan = application('orders', { ...spec, build: { ...spec.build, code }, beta: { ...spec.beta, environment: beta } });
  const environment = plan.stages.find(({ name }) => name === 'beta')?.environment;
  assert.ok(environment);
  return (await notCarried(environment, packaged, { repository, plan, tracked: new Set(['package.json', 'probes/order.ts', ...tracked]) })).join('\n');
}

test('a file that is started must be among those that the package takes', async (t) => {
  for (const run of ['node dist/server.js', 'exec node --enable-source-maps dist/server', 'PORT=1 node dist', 'sh -c "node dist/server.js"', 'python3 -u dist/app.py', 'java -Xmx64m -jar dist/app.jar']) assert.equal(await lacking(t, run), '', run);
  for (const run of ['node server.js', 'npm run serve', 'python3 app.py', 'java -jar target/app.jar', 'sh tools/start.sh', './bin/start', 'sh -c "exec node out/server.js"']) assert.match(await lacking(t, run), /is not in the package/, run);
  assert.equal(await lacking(t, 'cd dist && node server.js'), '', 'where a script goes is not known');
});

test('where Build makes nothing, a file must be tracked as well', async (t) => {
  for (const code of [waive('nothing to build'), sh('npm ci')]) {
    assert.match(await lacking(t, 'node dist/server.js', { code }), /dist\/server\.js is not in the package/);
    assert.equal(await lacking(t, 'node dist/server.js', { code, tracked: ['dist/server.js'] }), '');
  }
});

test('a program of the dependencies is in no package: their links are left out, with "none" they all are', async (t) => {
  const npm: Packaged = { files: ['dist/**', 'probes/**'], productionDependencies: 'npm' };
  for (const run of ['next start', 'npx next start', 'npm start']) {
    assert.match(await lacking(t, run), /"next" is not on this machine: the package takes no dependencies with it/, run);
    assert.match(await lacking(t, run, { packaged: npm }), /"next" is not on this machine: the package holds dependencies without their node_modules\/\.bin/, run);
  }
  const byFile = 'node node_modules/next/dist/bin/next start';
  assert.match(await lacking(t, byFile), /is not in the package/);
  assert.equal(await lacking(t, byFile, { packaged: npm }), '');
});

test('a probe must be carried too', async (t) => {
  assert.match(await lacking(t, 'node dist/server.js', { packaged: { files: ['dist/**'], productionDependencies: 'none' } }), /beta is probed by probes\/order\.ts, which is not in the package/);
});
