import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { memoryStore } from '../../artifact/memory/store.testing.ts';
import type { ErrorRecord } from '../../foundation/errors.ts';
import type { Digest } from '../../foundation/units.ts';
import type { Plan } from '../../pipeline/plan.ts';
import type { ActionResult } from '../action.ts';
import { actionContext, checkContext } from '../fixture.testing.ts';
import { cyclonedx, spdx } from './documents.ts';
import { npmSbom } from './npm-sbom.ts';

/** A checkout in a folder of its own, as a stage has it. */
function checkout(t: TestContext, files: { readonly [path: string]: unknown }): string {
  const folder = mkdtempSync(join(tmpdir(), 'sbom-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'checkout'));
  for (const [path, content] of Object.entries(files)) writeFileSync(join(folder, 'checkout', path), JSON.stringify(content));
  return join(folder, 'checkout');
}

const integrity = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;
const manifest = { name: '@shop/orders', version: '1.0.0', dependencies: { left: '^1.0.0' }, devDependencies: { right: '^2.0.0' } };
const lock = {
  name: '@shop/orders', version: '1.0.0', lockfileVersion: 3, requires: true,
  packages: {
    '': manifest,
    'node_modules/left': { version: '1.2.3', resolved: 'https://registry.invalid/left/-/left-1.2.3.tgz', integrity, license: 'MIT' },
    'node_modules/right': { version: '2.0.0', resolved: 'https://registry.invalid/right/-/right-2.0.0.tgz', integrity, dev: true },
  },
};

async function run(workdir: string) {
  const artifacts = memoryStore();
  const recorded = actionContext({ workdir });
  const result = await npmSbom.run({}, { ...recorded.context, artifacts, plan: { application: 'orders' } as Plan });
  const read = async (digest: string) => JSON.parse(Buffer.from(await artifacts.get(digest as Digest)).toString());
  return { ...recorded, result, read, output: result.output as { cyclonedx: string; spdx: string; components: number } };
}

const errorOf = (result: ActionResult): ErrorRecord | undefined => (result.passed ? undefined : result.error);

test('every dependency is listed in both formats, with its hash, licence and scope, and the document is kept', async (t) => {
  const { result, output, read, reports } = await run(checkout(t, { 'package.json': manifest, 'package-lock.json': lock }));
  assert.equal(result.passed, true, JSON.stringify(result));
  assert.equal(output.components, 2);
  const first = await read(output.cyclonedx);
  assert.deepEqual(first.components.map(({ purl, scope, hashes }: { purl: string; scope: string; hashes: { alg: string }[] }) => [purl, scope, hashes[0]?.alg]),
    [['pkg:npm/left@1.2.3', 'required', 'SHA-512'], ['pkg:npm/right@2.0.0', 'optional', 'SHA-512']]);
  assert.equal(first.metadata.component.name, '@shop/orders');
  const second = await read(output.spdx);
  assert.deepEqual(second.packages.map(({ name }: { name: string }) => name), ['@shop/orders', 'left', 'right']);
  assert.deepEqual(reports, [{ type: 'sbom', format: 'cyclonedx', components: 2, document: output.cyclonedx }]);
});

test('the same lock file gives the same documents, in whatever folder and whenever', async (t) => {
  const files = { 'package.json': manifest, 'package-lock.json': lock };
  const [one, two] = [await run(checkout(t, files)), await run(checkout(t, files))];
  assert.deepEqual(one.output, two.output);
});

test('nothing is written into the checkout', async (t) => {
  const workdir = checkout(t, { 'package.json': manifest, 'package-lock.json': lock });
  await run(workdir);
  assert.deepEqual(readdirSync(workdir).sort(), ['package-lock.json', 'package.json']);
});

test('a project without dependencies has an empty list, and that is fine', async (t) => {
  const bare = { name: 'bare', version: '1.0.0' };
  const { output } = await run(checkout(t, { 'package.json': bare, 'package-lock.json': { ...bare, lockfileVersion: 3, packages: { '': bare } } }));
  assert.equal(output.components, 0);
});

test('without a lock file it fails and says so, and check finds it', async (t) => {
  const workdir = checkout(t, { 'package.json': manifest });
  const { result } = await run(workdir);
  assert.equal(errorOf(result)?.code, 'LOCK_FILE_MISSING');
  assert.match((await npmSbom.missing({}, checkContext(workdir))).join(), /no package-lock\.json/);
  writeFileSync(join(workdir, 'yarn.lock'), '');
  assert.match((await npmSbom.missing({}, checkContext(workdir))).join(), /locked by Yarn/);
  writeFileSync(join(workdir, 'package-lock.json'), '{}');
  assert.deepEqual(await npmSbom.missing({}, checkContext(workdir)), []);
});

test('a lock file that does not fit the manifest fails with what npm says', async (t) => {
  const { result } = await run(checkout(t, { 'package.json': { ...manifest, dependencies: { other: '^1.0.0' } }, 'package-lock.json': { ...lock, packages: { '': { ...manifest, dependencies: { other: '^1.0.0' } } } } }));
  const error = errorOf(result);
  assert.equal(error?.code, 'SBOM_FAILED');
  assert.match(error?.lastLines?.join('\n') ?? '', /other/);
});

test('a package of a registry without a hash is no evidence', async (t) => {
  const { integrity: _integrity, ...left } = lock.packages['node_modules/left'];
  const files = { 'package.json': manifest, 'package-lock.json': { ...lock, packages: { ...lock.packages, 'node_modules/left': left } } };
  await assert.rejects(run(checkout(t, files)), (thrown: Error & { record: ErrorRecord }) => thrown.record.code === 'SBOM_INVALID' && /left@1\.2\.3 comes from .* no hash/.test(thrown.message));
});

test('a package of the repository itself needs no hash, and tells nobody where the repository lies', async (t) => {
  const workdir = checkout(t, { 'package.json': { name: 'x', version: '1.0.0' } });
  mkdirSync(join(workdir, 'local'));
  writeFileSync(join(workdir, 'local', 'package.json'), '{"name":"local","version":"3.0.0"}');
  writeFileSync(join(workdir, 'package.json'), '{"name":"x","version":"1.0.0","dependencies":{"local":"file:local"}}');
  execFileSync('npm', ['install', '--offline', '--package-lock-only', '--no-audit', '--silent'], { cwd: workdir, stdio: 'ignore' });
  const { output, read, result, lines } = await run(workdir);
  assert.equal(result.passed, true, JSON.stringify(result));
  assert.ok(lines.some((line) => line.includes('local@3.0.0')));
  assert.doesNotMatch(JSON.stringify([await read(output.cyclonedx), await read(output.spdx)]), new RegExp(workdir));
});

const surroundings = { folder: '/x', name: 'x' };
for (const [title, text] of Object.entries({ 'no JSON': 'npm error', 'another document': '{"bomFormat":"x"}', 'a list': '[]', 'no metadata': '{"bomFormat":"CycloneDX","specVersion":"1.5"}', 'a component without a name': '{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{}},"components":[{}]}' })) {
  test(`${title} is refused as a CycloneDX document`, () => assert.throws(() => cyclonedx(text, surroundings), { message: /cannot be used as evidence/ }));
}

test('what is no SPDX document is refused', () => {
  for (const text of ['', '{}', '{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT"}']) assert.throws(() => spdx(text, surroundings), { message: /cannot be used as evidence/ });
});

test('a lock file that does not fit package.json fails with the packages that do not', async (t) => {
  const { result } = await run(checkout(t, {
    'package.json': { name: 'a', version: '1.0.0', dependencies: { left: '^1.0.0', gone: '^3.0.0' } },
    'package-lock.json': { name: 'a', version: '1.0.0', lockfileVersion: 3, requires: true, packages: { '': { name: 'a', version: '1.0.0', dependencies: { left: '^1.0.0', gone: '^3.0.0' } }, 'node_modules/left': { version: '2.0.0' } } },
  }));
  const error = errorOf(result);
  assert.equal(error?.code, 'SBOM_FAILED');
  assert.match(error.message, /the lock file does not fit package\.json: .*left@2\.0\.0/);
  assert.match(error.message, /missing: gone@\^3\.0\.0/);
});
