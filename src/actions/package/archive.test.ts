import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { memoryStore } from '../../artifact/memory/store.testing.ts';
import type { ErrorRecord } from '../../foundation/errors.ts';
import type { Digest } from '../../foundation/units.ts';
import type { Plan } from '../../pipeline/plan.ts';
import type { ActionResult } from '../action.ts';
import { actionContext, checkContext } from '../fixture.testing.ts';
import { archive, type ArchiveInput } from './archive.ts';
import { installForProduction } from './dependencies.ts';
import { startFiles } from './startfile.ts';

function checkout(t: TestContext, files: { readonly [path: string]: string }): string {
  const folder = mkdtempSync(join(tmpdir(), 'archive-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, 'checkout', path)), { recursive: true });
    writeFileSync(join(folder, 'checkout', path), content);
  }
  return join(folder, 'checkout');
}

interface Options { readonly commit?: string; readonly run?: string; readonly probe?: string; readonly during?: () => void }

async function run(workdir: string, input: ArchiveInput, { commit = 'a'.repeat(40), run: start = 'node dist/server.js', probe, during }: Options = {}) {
  const artifacts = memoryStore();
  const { context, ...recorded } = actionContext({ workdir });
  const environment = { name: 'beta', run: start, probes: probe === undefined ? [] : [{ name: 'p', file: probe, everyMs: 100 }] };
  const plan = { application: 'orders', stages: [{ name: 'beta', environment }] } as unknown as Plan;
  const result = await archive.run(input, { ...context, commit, plan, artifacts, exec: async (...args) => { during?.(); return context.exec(...args); } });
  return { ...recorded, result, artifacts, output: result.output as { artifact: Digest; files: number; bytes: number } };
}

const errorOf = (result: ActionResult): ErrorRecord | undefined => (result.passed ? undefined : result.error);

/** The names in the artifact's only layer, by the tar of this machine. */
async function names({ artifacts, output }: Awaited<ReturnType<typeof run>>): Promise<string[]> {
  const manifest = JSON.parse(Buffer.from(await artifacts.get(output.artifact)).toString()) as { layers: { digest: Digest }[] };
  return execFileSync('tar', ['-tzf', '-'], { input: await artifacts.get(manifest.layers[0]!.digest), encoding: 'utf8' }).trim().split('\n').filter((name) => !name.endsWith('/')).sort();
}

const built = { 'dist/server.js': 'serve()', 'dist/.well-known/x': 'x', 'public/index.html': '<h1>', 'src/server.ts': 'source', 'dist/node_modules/x': 'no' };
const plain: ArchiveInput = { files: ['dist/**', 'public'], productionDependencies: 'none' };

test('what the globs mean is packaged and nothing else, and listed by name', async (t) => {
  const packaged = await run(checkout(t, built), plain);
  assert.deepEqual(await names(packaged), ['dist/.well-known/x', 'dist/server.js', 'public/index.html']);
  assert.equal(packaged.output.files, 3);
  assert.equal(packaged.output.bytes, 'serve()x<h1>'.length);
});

test('the same content has the same digest: wherever and whenever, for whichever commit', async (t) => {
  const [one, two] = [checkout(t, built), checkout(t, Object.fromEntries(Object.entries(built).reverse()))];
  utimesSync(join(two, 'dist/server.js'), 1, 1);
  chmodSync(join(two, 'dist/server.js'), 0o600);
  const first = await run(one, plain);
  const second = await run(two, { ...plain, files: [...plain.files].reverse() }, { commit: 'b'.repeat(40) });
  assert.equal(first.output.artifact, second.output.artifact);
  writeFileSync(join(two, 'public/index.html'), '<h2>');
  assert.notEqual((await run(two, plain)).output.artifact, first.output.artifact);
});

test('running again stores the same and leaves nothing behind', async (t) => {
  const workdir = checkout(t, built);
  assert.equal((await run(workdir, plain)).output.artifact, (await run(workdir, plain)).output.artifact);
  assert.deepEqual(readdirSync(dirname(workdir)), ['checkout']);
});

test('a build of no commit is marked in the artifact itself', async (t) => {
  const workdir = checkout(t, built);
  const { artifacts, output } = await run(workdir, plain, { commit: 'worktree' });
  assert.deepEqual(JSON.parse(Buffer.from(await artifacts.get(output.artifact)).toString()).annotations, { 'dev.trunkline.dirty': 'true' });
  assert.notEqual(output.artifact, (await run(workdir, plain)).output.artifact);
});

test('a glob that means nothing refuses the package, naming it', async (t) => {
  const { result } = await run(checkout(t, built), { ...plain, files: ['dist/**', 'db/**'] });
  assert.equal(errorOf(result)?.code, 'PACKAGE_REFUSED');
  assert.match(errorOf(result)?.message ?? '', /"db\/\*\*" means no file/);
});

test('a link refuses the package, wherever it leads, and git is never packaged', async (t) => {
  const workdir = checkout(t, { ...built, '.git/config': 'x' });
  symlinkSync('server.js', join(workdir, 'dist/link.js'));
  assert.match(errorOf((await run(workdir, plain)).result)?.message ?? '', /dist\/link\.js is a symbolic link/);
  rmSync(join(workdir, 'dist/link.js'));
  symlinkSync('/etc', join(workdir, 'etc'));
  assert.match(errorOf((await run(workdir, { ...plain, files: ['dist/**', 'etc/**'] })).result)?.message ?? '', /etc is a symbolic link/);
  rmSync(join(workdir, 'etc'));
  assert.equal((await names(await run(workdir, { ...plain, files: ['**'] }))).some((name) => name.startsWith('.git')), false);
  assert.match(errorOf((await run(workdir, { ...plain, files: ['.git/config'] })).result)?.message ?? '', /means no file/);
});

test('what an environment starts, and what probes it, must be in the artifact', async (t) => {
  const workdir = checkout(t, built);
  const message = async (options: Options): Promise<string> => errorOf((await run(workdir, plain, options)).result)?.message ?? 'packaged';
  assert.match(await message({ run: 'node dist/main.js' }), /beta starts with "node dist\/main.js", and dist\/main.js is not in it/);
  assert.match(await message({ probe: 'probes/order.ts' }), /beta is probed by probes\/order.ts/);
  assert.equal(await message({ run: 'NODE_ENV=production exec node --enable-source-maps ./dist/server' }), 'packaged');
});

const started: { readonly [run: string]: readonly string[] } = {
  'node dist/server.js --port 1': ['dist/server.js'], 'node -r ./x.js --import y main.mjs': ['main.mjs'], 'node -e "1"': [], 'node $FILE': [],
  'exec env A=1 node a.js': ['a.js'], './bin/run': ['./bin/run'], '/usr/bin/python app.py': [], 'npm start': ['package.json', 'a/b.js'], 'npm run loop': ['package.json', 'package.json', 'package.json', 'package.json', 'package.json'],
  'mkdir -p x && node s.js': ['s.js'],
};
for (const [line, files] of Object.entries(started)) {
  test(`"${line}" needs ${files.join(', ') || 'nothing that can be told'}`, () => assert.deepEqual(startFiles(line, { start: 'node a/b.js', loop: 'npm run loop' }), files));
}

/** A project with one production and one development dependency, both as files of the repository: npm needs no registry. */
function project(t: TestContext): string {
  const workdir = checkout(t, { 'dist/server.js': 'serve()', 'README.md': 'x' });
  const pack = (name: string): void => {
    const source = checkout(t, { 'package.json': JSON.stringify({ name, version: '1.0.0', bin: { [name]: 'index.js' }, scripts: { postinstall: 'touch ran' } }), 'index.js': `// ${name}` });
    execFileSync('npm', ['pack', '--silent'], { cwd: source, stdio: 'ignore' });
    mkdirSync(join(workdir, 'vendor'), { recursive: true });
    execFileSync('cp', [join(source, `${name}-1.0.0.tgz`), join(workdir, 'vendor', `${name}.tgz`)]);
  };
  pack('needed');
  pack('tool');
  writeFileSync(join(workdir, 'package.json'), JSON.stringify({ name: 'orders', version: '1.0.0', type: 'module', dependencies: { needed: 'file:vendor/needed.tgz' }, devDependencies: { tool: 'file:vendor/tool.tgz' } }));
  execFileSync('npm', ['install', '--package-lock-only', '--offline', '--no-audit', '--silent'], { cwd: workdir, stdio: 'ignore' });
  return workdir;
}

const withNpm: ArchiveInput = { files: ['dist/**'], productionDependencies: 'npm' };

test('production dependencies are installed beside the checkout: no development ones, no script, no link, and the modules of the tests stay', async (t) => {
  const workdir = project(t);
  mkdirSync(join(workdir, 'node_modules/tool'), { recursive: true });
  writeFileSync(join(workdir, 'node_modules/tool/used-by-tests'), '');
  const packaged = await run(workdir, withNpm);
  assert.equal(packaged.result.passed, true, JSON.stringify(packaged.result));
  assert.deepEqual(await names(packaged), ['dist/server.js', 'node_modules/needed/index.js', 'node_modules/needed/package.json', 'package.json']);
  assert.equal(existsSync(join(workdir, 'node_modules/tool/used-by-tests')), true);
  assert.equal(existsSync(join(workdir, 'node_modules/needed')), false);
  assert.equal((await run(workdir, withNpm)).output.artifact, packaged.output.artifact);
});

test('a file that becomes a link while it is packaged is not followed', async (t) => {
  const workdir = project(t);
  const secret = join(checkout(t, { secret: 'key' }), 'secret');
  const swap = (): void => {
    rmSync(join(workdir, 'package.json'));
    symlinkSync(secret, join(workdir, 'package.json'));
  };
  const copy = execFileSync('cat', [join(workdir, 'package.json')], { encoding: 'utf8' });
  const scratch = join(dirname(workdir), 'tested-1');
  await assert.rejects(run(workdir, withNpm, { during: () => { swap(); mkdirSync(scratch, { recursive: true }); writeFileSync(secret, copy); } }), (thrown: Error & { record: ErrorRecord }) => thrown.record.code === 'FILE_OUTSIDE');
});

test('a project without dependencies has an artifact without modules', async (t) => {
  const bare = { name: 'bare', version: '1.0.0' };
  const workdir = checkout(t, { 'dist/server.js': '', 'package.json': JSON.stringify(bare), 'package-lock.json': JSON.stringify({ ...bare, lockfileVersion: 3, packages: { '': bare } }) });
  assert.deepEqual(await names(await run(workdir, withNpm)), ['dist/server.js', 'package.json']);
});

test('without a lock file, or with one that does not fit, nothing is packaged', async (t) => {
  const workdir = checkout(t, { 'dist/server.js': '', 'package.json': '{"name":"x","version":"1.0.0","dependencies":{"absent":"1.0.0"}}' });
  writeFileSync(join(workdir, '.npmrc'), 'offline=true\n');
  const code = (): Promise<string> => run(workdir, withNpm).then(({ result }) => errorOf(result)?.code ?? 'packaged', (thrown) => thrown.record.code);
  assert.equal(await code(), 'LOCK_FILE_MISSING');
  assert.match((await archive.missing(withNpm, checkContext(workdir))).join(), /package-lock\.json/);
  writeFileSync(join(workdir, 'package-lock.json'), '{');
  assert.equal(await code(), 'LOCK_FILE_INVALID');
  writeFileSync(join(workdir, 'package-lock.json'), '{"name":"x","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"x","version":"1.0.0"}}}');
  const offline = errorOf((await run(workdir, withNpm)).result);
  assert.deepEqual([offline?.code, offline?.class], ['DEPENDENCIES_FAILED', 'infra'], 'a registry out of reach is no fault of the commit');
  // What npm prints then, word for word; to make it say so takes a registry.
  const { context } = actionContext({ workdir });
  const unfit = await installForProduction({ ...context, exec: async () => ({ code: 1, signal: null, ended: 'by-itself', duration: 1 }), lastLines: () => ['npm error code EUSAGE', 'npm error', 'npm error Usage:'] });
  assert.deepEqual('error' in unfit && [unfit.error.code, unfit.error.class], ['DEPENDENCIES_FAILED', 'code']);
  assert.deepEqual(await archive.missing(withNpm, checkContext(workdir)), []);
});

test('a production dependency that npm would only link is refused by name', async (t) => {
  const packages = { '': { name: 'x', dependencies: { inner: 'file:inner' } }, 'inner': { version: '1.0.0' }, 'node_modules/inner': { resolved: 'inner', link: true } };
  const workdir = checkout(t, { 'dist/server.js': '', 'package.json': '{"name":"x"}', 'package-lock.json': JSON.stringify({ lockfileVersion: 3, packages }) });
  await assert.rejects(run(workdir, withNpm), /needs inner, a package of the repository itself/);
});

test('an input that leads out of the repository is refused', () => {
  for (const files of [[], ['../x'], ['/etc/passwd'], ['a/../../b']]) assert.equal(archive.input.safeParse({ files, productionDependencies: 'none' }).success, false);
});
