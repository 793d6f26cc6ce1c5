import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { openCells } from './cells.ts';
import { placeFor, run } from './fixture.testing.ts';

const sealed = openCells({ records: tmpdir(), marker: 'trial', npmrc: '' }).isolation === 'namespaces';

/** By path in a home: what is written there. A program is executable, and prints the name of a file beside it. */
const SECRETS = [
  '.netrc', '.npmrc', '.pypirc', '.git-credentials', '.ssh/id_ed25519', '.aws/credentials', '.azure/token', '.kube/config', '.docker/config.json', '.cargo/credentials.toml', '.cargo/config.toml',
  '.cargo/registry/index', '.rustup/notes', '.config/gh/hosts.yml', '.config/gcloud/token', '.gradle/gradle.properties', '.m2/settings.xml', '.nvm/private', '.volta/private', '.pyenv/private',
  '.local/share/keyrings/login', '.local/share/pipx/private', '.sdkman/etc/config', '.deno/private', 'go/pkg/private', 'tools/notes', 'tools/apache-maven/conf/settings.xml', 'private/bin-notes', 'odd/token',
];
const PROGRAMS = [
  '.cargo/bin/cargo-tool', '.docker/bin/docker-tool', '.nvm/versions/node/v1/bin/nvm-tool', '.volta/bin/volta-tool', '.pyenv/shims/pyenv-tool', '.deno/bin/deno-tool', 'go/bin/go-tool',
  '.local/share/pipx/venvs/piped/bin/piped', 'tools/apache-maven/bin/mvn-tool', 'odd/odd-tool', '.config/tool/bin/config-tool',
];
const BESIDE = ['.rustup/toolchains/stable/bin/rustc', '.rustup/update-hashes/stable', '.nvm/versions/node/v1/lib/module', '.pyenv/versions/3/bin/python', '.local/share/pipx/venvs/piped/pyvenv.cfg', '.local/share/pipx/venvs/piped/lib/module', 'tools/apache-maven/bin/m2.conf', 'tools/apache-maven/lib/jar'];

async function homeOfKim(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tl-kim-'));
  const home = join(folder, 'kim');
  for (const path of [...SECRETS, ...PROGRAMS, ...BESIDE]) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), PROGRAMS.includes(path) ? '#!/bin/sh\necho "ran ${0##*/}"\n' : 'SECRET', { mode: PROGRAMS.includes(path) ? 0o755 : 0o644 });
  }
  await mkdir(join(home, '.local/bin'), { recursive: true });
  await symlink('../share/pipx/venvs/piped/bin/piped', join(home, '.local/bin/piped'));
  await symlink('tools/apache-maven', join(home, 'maven'));
  await chmod(folder, 0o755);
  const path = [...new Set(PROGRAMS.map((program) => dirname(program)).filter((bin) => !bin.includes('pipx')).map((bin) => bin.replace('tools/apache-maven', 'maven'))), '.local/bin'].map((bin) => join(home, bin));
  const before = { HOME: process.env['HOME'], PATH: process.env['PATH'], CARGO_HOME: process.env['CARGO_HOME'], NETRC: process.env['NETRC'] };
  const outside = join(folder, 'outside');
  await mkdir(join(outside, 'bin'), { recursive: true });
  for (const name of ['credentials.toml', 'config.toml', 'bin/elsewhere']) await writeFile(join(outside, name), 'SECRET', { mode: 0o755 });
  Object.assign(process.env, { HOME: home, PATH: [...path, home, process.env['PATH']].join(delimiter), CARGO_HOME: outside, NETRC: join(outside, 'netrc') });
  context.after(async () => {
    for (const [name, value] of Object.entries(before)) if (value === undefined) Reflect.deleteProperty(process.env, name); else process.env[name] = value;
    await rm(folder, { recursive: true });
  });
  return home;
}

describe('a cell on a machine where somebody works', { skip: !sealed && 'no namespaces here' }, () => {
  test('shows of the home the programs on the path with what belongs to them, and no credential', async (context) => {
    const home = await homeOfKim(context);
    const cell = await (await placeFor(context)).open();
    const { output } = await run(cell, ['sh', '-c', 'cd "$1" && find . -type f -o -type l | cut -c3- | sort', 'sh', home]);
    assert.deepEqual(output.trim().split('\n').toSorted(), [...PROGRAMS, ...BESIDE, '.local/bin/piped'].toSorted());
    const named = await run(cell, PROGRAMS.map((path) => path.split('/').at(-1)).join('; '));
    assert.equal(named.output, PROGRAMS.map((path) => `ran ${path.split('/').at(-1)}\n`).join(''));
    const variables = await run(cell, 'echo $VOLTA_HOME $RUSTUP_HOME $PYENV_ROOT');
    assert.equal(variables.output, ['.volta', '.rustup', '.pyenv'].map((name) => join(home, name)).join(' ').concat('\n'));
  });

  test('shows no file of credentials that a variable of the host names outside of homes', async (context) => {
    const home = await homeOfKim(context);
    const cell = await (await placeFor(context)).open();
    const { output } = await run(cell, ['sh', '-c', 'cat "$1"/credentials.toml "$1"/config.toml 2> /dev/null; ls "$1" 2> /dev/null', 'sh', join(home, '..', 'outside')]);
    assert.doesNotMatch(output, /SECRET/);
  });

  test('shows neither work tree nor git folder of the repository, wherever they lie, nor those that linked work trees share', async (context) => {
    const root = await mkdtemp(join('/var/tmp', 'tl-repository-'));
    context.after(() => rm(root, { recursive: true }));
    const token = '[remote "origin"]\n\turl = https://kim:TOKEN@git.example/app.git\n';
    for (const folder of ['main/.git/worktrees/linked', 'linked']) await mkdir(join(root, folder), { recursive: true });
    for (const file of ['main/.git/config', 'main/.env', 'linked/.env']) await writeFile(join(root, file), token);
    const place = await placeFor(context);
    const workdir = join(root, 'linked', '.trunkline', 'work', 'one');
    await mkdir(workdir, { recursive: true });
    const cell = await place.cells.open({ id: 'hides', workdir, hidden: [join(root, 'linked'), join(root, 'main/.git/worktrees/linked'), join(root, 'main/.git'), join(root, 'linked', '.trunkline')] });
    context.after(() => cell.close());
    const { output } = await run(cell, ['sh', '-c', 'cat "$1"/*/.git/config "$1"/linked/.env ../../../.env 2> /dev/null; echo own > made && cat made; find "$1"', 'sh', root]);
    assert.doesNotMatch(output, /TOKEN/);
    assert.match(output, /^own$/m);
  });
});
