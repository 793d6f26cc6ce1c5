import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourcesOf } from './fixture.testing.ts';
import { manifestFindings } from './manifests.ts';

const told = (manifest: string, files: { readonly [path: string]: string }): readonly string[] => manifestFindings(manifest, sourcesOf(files), new Set(Object.keys(files))).map(({ rule, file, line, message }) => `${file}:${line} ${rule} ${message}`);
const json = (value: object): string => JSON.stringify(value, null, 2);
const npm = (manifest: object, packages?: object) => told('package.json', { 'package.json': json(manifest), ...(packages ? { 'package-lock.json': json({ lockfileVersion: 3, packages }) } : {}) });

test('a manifest that names nothing needs no lock, and one that names something does', () => {
  assert.deepEqual(npm({ name: 'a', scripts: {} }), []);
  assert.deepEqual(told('pyproject.toml', { 'pyproject.toml': '[project]\nname = "a"\ndependencies = []\n[tool.black]\nline-length = 100\n' }), []);
  assert.deepEqual(told('go.mod', { 'go.mod': 'module shop\n\ngo 1.24\n' }), []);
  assert.deepEqual(npm({ dependencies: { a: '^1.0.0' } }), ['package.json:1 unlocked-manifest package.json has no lock file']);
  assert.deepEqual(told('jobs/pyproject.toml', { 'jobs/pyproject.toml': '[project]\ndependencies = ["flask>=3"]\n', 'package-lock.json': '{}' }), ['jobs/pyproject.toml:1 unlocked-manifest jobs/pyproject.toml has no lock file']);
});

test('package.json and package-lock.json must mean the same', () => {
  const packages = { '': {}, 'node_modules/a': { version: '1.2.3' }, 'node_modules/@s/b': { version: '2.0.0-beta.1' }, 'node_modules/c': { version: '1.0.0' } };
  assert.deepEqual(npm({ dependencies: { a: '^1.0.0', '@s/b': '>=2.0.0-beta.0' }, devDependencies: { c: '1.0.0' } }, packages), []);
  assert.deepEqual(npm({ dependencies: { a: '^2.0.0' } }, packages), ['package.json:3 lock-mismatch package-lock.json has a 1.2.3, and "^2.0.0" is asked for']);
  assert.deepEqual(npm({ dependencies: { a: '^1.0.0', gone: '~4.1.0' } }, packages), ['package.json:4 lock-mismatch gone is not in package-lock.json']);
  assert.deepEqual(npm({ dependencies: { a: '^2.0.0' }, overrides: { a: '1.2.3' } }, packages), [], 'an override is the word of the manifest too');
  assert.deepEqual(npm({ dependencies: { x: 'npm:a@^1.0.0' } }, { ...packages, 'node_modules/x': { version: '1.2.3' } }), []);
  assert.deepEqual(npm({ peerDependencies: { react: '*' }, dependencies: { a: '^1.0.0' } }, packages), []);
});

test('a package of a workspace is locked by the lock above it', () => {
  const lock = json({ packages: { 'node_modules/a': { version: '1.0.0' }, 'apps/shop/node_modules/a': { version: '2.0.0' }, 'node_modules/own': { link: true, resolved: 'packages/own' } } });
  const of = (dependencies: object): readonly string[] => told('apps/shop/package.json', { 'apps/shop/package.json': json({ dependencies }), 'package-lock.json': lock });
  assert.deepEqual(of({ a: '^2.0.0', own: '1.0.0', sibling: 'workspace:*', local: 'file:../local' }), []);
  assert.match(of({ a: '^1.0.0' }).join(), /has a 2\.0\.0/);
});

test('whatever is newest, and whatever a branch is, is no version', () => {
  const packages = { 'node_modules/a': { version: '1.2.3' } };
  for (const range of ['latest', '*', '', 'x', 'next', 'git+https://git.example.com/a.git', 'someone/a', 'github:someone/a#main', 'https://files.example.com/a.tgz', 'npm:b@latest']) {
    assert.match(npm({ dependencies: { a: range } }, packages).join(), /package\.json:3 unpinned-dependency a may be anything/, range);
  }
  for (const range of ['1.2.3', '^1.0.0', '>=1 <2', '1.x', `github:someone/a#${'a'.repeat(40)}`]) assert.deepEqual(npm({ dependencies: { a: range } }, packages), [], range);
});

test('locks of yarn and pnpm are compared by what they say was asked for', () => {
  const yarn = '# yarn lockfile v1\n\n"@s/b@^2.0.0":\n  version "2.0.1"\n\na@^1.0.0, a@^1.1.0:\n  version "1.2.0"\n';
  const berry = '__metadata:\n  version: 8\n\n"a@npm:^1.0.0, a@npm:^1.1.0":\n  version: 1.2.0\n';
  const pnpm = "importers:\n\n  .:\n    dependencies:\n      a:\n        specifier: ^1.0.0\n        version: 1.2.0\n      '@s/b':\n        specifier: ^2.0.0\n        version: 2.0.1\n";
  const of = (lock: string, text: string, dependencies: object) => told('package.json', { 'package.json': json({ dependencies }), [lock]: text });
  assert.deepEqual(of('yarn.lock', yarn, { a: '^1.1.0', '@s/b': '^2.0.0' }), []);
  assert.deepEqual(of('yarn.lock', berry, { a: '^1.0.0' }), []);
  assert.deepEqual(of('pnpm-lock.yaml', pnpm, { a: '^1.0.0', '@s/b': '^2.0.0' }), []);
  for (const [lock, text] of [['yarn.lock', yarn], ['yarn.lock', berry], ['pnpm-lock.yaml', pnpm]] as const) assert.match(of(lock, text, { a: '^3.0.0' }).join(), /lock-mismatch/, lock);
});

test('a requirement says one version or one commit', () => {
  const text = ['# ours', 'flask==3.0.3', 'requests[socks] == 2.32.3 ; python_version > "3.8"', 'gunicorn>=22', 'celery', 'six==1.*', '-r other.txt', 'psycopg==3.2.1 \\', '    --hash=sha256:abc', 'git+https://git.example.com/x.git@main#egg=x', `y @ git+https://git.example.com/y.git@${'0'.repeat(40)}`, '-e .', './local', '--index-url https://pypi.example.com/simple'].join('\n');
  assert.deepEqual(told('requirements.txt', { 'requirements.txt': text }).map((each) => each.split(' ').slice(0, 2).join(' ')), [4, 5, 6, 10].map((line) => `requirements.txt:${line} unpinned-dependency`));
});

test('pyproject.toml is compared with the lock of poetry or uv', () => {
  const lock = '[[package]]\nname = "flask"\nversion = "3.0.3"\n\n[[package]]\nname = "ruamel-yaml"\nversion = "0.18.6"\n';
  const project = '[project]\nname = "shop"\ndependencies = [\n  "Flask[async]>=3.0",\n  "ruamel.yaml ; python_version > \'3\'",\n]\n';
  assert.deepEqual(told('pyproject.toml', { 'pyproject.toml': project, 'uv.lock': lock }), []);
  assert.deepEqual(told('pyproject.toml', { 'pyproject.toml': project.replace('>=3.0', '>=4'), 'uv.lock': lock }), ['pyproject.toml:4 lock-mismatch uv.lock has Flask 3.0.3, and ">=4" is asked for']);
  const poetry = '[tool.poetry.dependencies]\npython = "^3.12"\nflask = "^3.0"\nceleri = "*"\nown = { path = "../own" }\n';
  assert.deepEqual(told('pyproject.toml', { 'pyproject.toml': poetry, 'poetry.lock': lock }), ['pyproject.toml:4 unpinned-dependency celeri may be anything: "*"', 'pyproject.toml:4 lock-mismatch celeri is not in poetry.lock']);
});

test('Go, Java and Rust are looked at too', () => {
  const mod = 'module shop\n\ngo 1.24\n\nrequire (\n\tgithub.com/a/b v1.2.3\n\tgithub.com/c/d v0.1.0 // indirect\n\tgithub.com/e/f v1.0.0\n)\n\nreplace github.com/e/f => ../f\n';
  assert.deepEqual(told('go.mod', { 'go.mod': mod, 'go.sum': 'github.com/a/b v1.2.3 h1:x=\ngithub.com/c/d v0.1.0/go.mod h1:y=\n' }), []);
  assert.deepEqual(told('go.mod', { 'go.mod': mod, 'go.sum': 'github.com/a/b v1.2.3 h1:x=\n' }), ['go.mod:7 lock-mismatch github.com/c/d v0.1.0 is not in go.sum']);
  const pom = '<project>\n  <version>1.0-SNAPSHOT</version>\n  <dependencies>\n    <dependency>\n      <artifactId>a</artifactId>\n      <version>LATEST</version>\n    </dependency>\n    <dependency>\n      <artifactId>b</artifactId>\n      <version>[1.0,)</version>\n    </dependency>\n    <dependency><artifactId>c</artifactId><version>1.2.3</version></dependency>\n  </dependencies>\n</project>';
  assert.deepEqual(told('pom.xml', { 'pom.xml': pom }), ['pom.xml:6 unpinned-dependency a may be anything: "LATEST"', 'pom.xml:10 unpinned-dependency b may be anything: "[1.0,)"']);
  assert.deepEqual(told('build.gradle', { 'build.gradle': "dependencies {\n  implementation 'a.b:c:1.+'\n}\n" }).map((each) => each.split(' ')[1]), ['unlocked-manifest', 'unpinned-dependency']);
  assert.deepEqual(told('Cargo.toml', { 'Cargo.toml': '[dependencies]\nserde = "1"\nown = { path = "own" }\n', 'Cargo.lock': '[[package]]\nname = "serde"\n' }), []);
});

test('a manifest or a lock that is broken is said to be', () => {
  assert.match(told('package.json', { 'package.json': '{' }).join(), /manifest-invalid/);
  assert.match(told('package.json', { 'package.json': json({ dependencies: { a: '^1.0.0' } }), 'package-lock.json': '<<<<<<<' }).join(), /package-lock\.json:1 manifest-invalid/);
});

const PNPM_WORKSPACE = "packages:\n  - 'packages/*'\n  - '!packages/old'\n\ncatalog:\n  react: ^18.2.0\n\ncatalogs:\n  next:\n    react: ^19.0.0\n";
const pnpmLock = (change: (text: string) => string = (text) => text): string => change(`lockfileVersion: '9.0'

settings:
  autoInstallPeers: true

catalogs:
  default:
    react:
      specifier: ^18.2.0
      version: 18.3.1
  next:
    react:
      specifier: ^19.0.0
      version: 19.1.0

importers:

  .: {}

  packages/ui:
    dependencies:
      react:
        specifier: 'catalog:'
        version: 18.3.1
      '@shop/core':
        specifier: workspace:^
        version: link:../core
    devDependencies:
      vite:
        specifier: ^5.0.0
        version: 5.4.2(@types/node@22.0.0)

  packages/core: {}
`);
const UI = { dependencies: { react: 'catalog:', '@shop/core': 'workspace:^' }, devDependencies: { vite: '^5.0.0' } };
const pnpm = (manifest: object, { lock = pnpmLock(), workspace = PNPM_WORKSPACE, core = '@shop/core' } = {}): readonly string[] => told('packages/ui/package.json', {
  'package.json': json({ name: 'root', private: true }), 'pnpm-workspace.yaml': workspace, 'pnpm-lock.yaml': lock,
  'packages/ui/package.json': json({ name: '@shop/ui', ...manifest }), 'packages/core/package.json': json({ name: core }), 'packages/old/package.json': json({ name: '@shop/old' }),
});

test('a catalog of pnpm and its lock must mean the same, for each package of the workspace', () => {
  assert.deepEqual(pnpm(UI), []);
  assert.deepEqual(pnpm({ ...UI, dependencies: { ...UI.dependencies, react: 'catalog:default' } }), []);
  assert.match(pnpm(UI, { workspace: PNPM_WORKSPACE.replace('^18.2.0', '^18.3.0') }).join(), /lock-mismatch react "catalog:" is "\^18\.3\.0" in the catalog, and "\^18\.2\.0" in the lock file/);
  assert.match(pnpm(UI, { workspace: PNPM_WORKSPACE.replace('  react: ^18.2.0\n\n', '  vue: ^3.0.0\n\n') }).join(), /react "catalog:" is in no catalog "default" of pnpm-workspace\.yaml/);
  assert.match(pnpm({ dependencies: { react: 'catalog:next' } }).join(), /react "catalog:next" was "catalog:" when the lock file was written/);
  assert.match(pnpm({ dependencies: { react: 'catalog:none' } }).join(), /no catalog "none"/);
  assert.match(pnpm(UI, { lock: pnpmLock((text) => text.replace("'catalog:'\n        version: 18.3.1", "'catalog:'\n        version: 17.0.2")) }).join(), /react "catalog:" is 17\.0\.2 in the lock file, and "\^18\.2\.0" is asked for/);
  assert.match(pnpm(UI, { workspace: PNPM_WORKSPACE.replace('^18.2.0', 'latest'), lock: pnpmLock((text) => text.replace('specifier: ^18.2.0', 'specifier: latest')) }).join(), /unpinned-dependency react may be anything: "latest"/);
});

test('an entry of a workspace must be in the lock, of the right package, and name a package that there is', () => {
  assert.match(pnpm({ dependencies: { '@shop/core': 'workspace:*' } }).join(), /@shop\/core "workspace:\*" was "workspace:\^" when/);
  assert.match(pnpm({ dependencies: { '@shop/gone': 'workspace:^' } }).join(), /@shop\/gone "workspace:\^" is no package of this workspace/);
  assert.match(pnpm({ dependencies: { '@shop/old': 'workspace:^' } }).join(), /no package of this workspace/);
  assert.match(pnpm({ devDependencies: { vite: '^5.0.0', absent: '1.0.0' } }).join(), /absent "1\.0\.0" is not in the lock file/);
  assert.match(pnpm({ devDependencies: { vite: '^5.0.0' } }, { lock: pnpmLock((text) => text.replace('5.4.2(', '4.0.0(')) }).join(), /vite "\^5\.0\.0" is 4\.0\.0 in the lock file/);
  const elsewhere = pnpmLock((text) => text.replace('  packages/ui:', '  packages/other:'));
  assert.match(pnpm(UI, { lock: elsewhere }).join(), /vite "\^5\.0\.0" is not in the lock file/);
  assert.deepEqual(pnpm({ devDependencies: { vite: '^5.0.0' } }, { workspace: `${PNPM_WORKSPACE}\noverrides:\n  vite: 4.0.0\n`, lock: pnpmLock((text) => text.replace('specifier: ^5.0.0\n        version: 5.4.2(', 'specifier: 4.0.0\n        version: 4.0.0(')) }), []);
});

test('a package of the same repository may be any version: "*" of a sibling is none of a registry', () => {
  const of = (workspaces: unknown, dependencies: object, more: object): readonly string[] => told('packages/ui/package.json', {
    'package.json': json({ name: 'root', workspaces }), 'packages/ui/package.json': json({ name: 'ui', dependencies }), 'packages/core/package.json': json({ name: '@shop/core', version: '1.0.0' }), ...more,
  });
  const lock = { 'package-lock.json': json({ packages: { 'node_modules/@shop/core': { link: true, resolved: 'packages/core' } } }) };
  for (const more of [lock, { 'yarn.lock': '# yarn lockfile v1\n' }, {}]) assert.deepEqual(of(['packages/*'], { '@shop/core': '*' }, more), []);
  assert.deepEqual(of({ packages: ['packages/*'] }, { '@shop/core': '^1.0.0' }, { 'yarn.lock': '# yarn lockfile v1\n' }), [], 'Yarn 1 keeps no workspaces in its lock');
  assert.match(of(['apps/*'], { '@shop/core': '*' }, lock).join(), /unpinned-dependency @shop\/core may be anything/, 'a folder that is no part of the workspace is no sibling');
  assert.match(of(['packages/*'], { other: '*' }, lock).join(), /unpinned-dependency other/);
  assert.match(of(['packages/*'], { '@shop/gone': 'workspace:*' }, { 'yarn.lock': '__metadata:\n  version: 8\n' }).join(), /no package of this workspace/);
});
