/** Commits by git itself, in repositories in which the hook is installed. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { compiled, product } from '../rig/product.ts';
import { until } from '../rig/waiting.ts';

const CONFIG = `import { application, approval, archive, secretlint, sh, waive } from 'trunkline';
import { processes } from 'trunkline/environments';
const settings = { run: 'node server.js', instances: 1, health: '/', metrics: '/metrics', regions: ['local'], probes: [], alarms: [] };
const none = waive('not part of this story');
export default application('small', {
  trunk: 'main', local: { preCommitHooks: '.githooks/pre-commit' },
  build: {
    code: sh('node build.js'), package: archive({ files: ['src/**'], productionDependencies: 'none' }), sbom: none, sca: none, sast: none,
    unitTests: sh('node --test', { junit: 'reports/unit.xml', staged: 'node --test {tests}' }),
    codeQuality: sh('sh lint.sh .', { staged: 'sh lint.sh {files}' }),
    secrets: secretlint({ history: true }),
  },
  beta: { environment: processes('beta', settings), integrationTests: none, acceptanceTests: none },
  gamma: { environment: processes('gamma', settings), monitoring: none, syntheticTests: none },
  prod: { environment: processes('prod', settings), approval: approval({ by: ['all'] }), deploy: none },
});
`;
/** Refuses what it is told to refuse, a git that would find the repository, and waits where it is told to wait. */
const LINT = `env | grep '^GIT_' && exit 3
[ "$(git rev-parse --show-toplevel)" = "$PWD" ] || exit 4
for file in "$@"; do
  [ "$file" = lint.sh ] && continue
  if grep -q WAIT "$file"; then echo $$ > "$TRUNKLINE_WORK_TREE/../waiting"; while :; do sleep 1; done; fi
  if grep -q REFUSED "$file"; then echo "$file is refused"; exit 1; fi
done
`;

interface Committed { readonly code: number | null; readonly text: string }

class Clone {
  readonly folder: string;
  readonly root: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(t: TestContext) {
    this.folder = realpathSync.native(mkdtempSync(join(tmpdir(), 'before-commit-')));
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
    this.root = join(this.folder, 'a clone');
    mkdirSync(join(this.folder, 'tmp'));
    this.#env = {
      PATH: process.env['PATH'], HOME: this.folder, TMPDIR: join(this.folder, 'tmp'), NODE_COMPILE_CACHE: compiled, GIT_CONFIG_NOSYSTEM: '1',
      ...Object.fromEntries(['AUTHOR', 'COMMITTER'].flatMap((who) => [[`GIT_${who}_NAME`, 'Ada'], [`GIT_${who}_EMAIL`, 'ada@example.org']])),
    };
    mkdirSync(this.root);
    this.git('init', '--quiet', '--initial-branch=main');
    this.write('trunkline.config.ts', CONFIG);
    this.write('lint.sh', LINT);
    this.write('src/a.js', 'export const a = 1;\n');
    this.write('src/a.test.js', `import { test } from 'node:test';\nimport assert from 'node:assert';\nimport { a } from './a.js';\ntest('a is one', () => assert.equal(a, 1));\n`);
    this.write('package.json', '{"type": "module"}\n');
    const installed = this.run(process.execPath, [join(product, 'src/main.ts'), 'hooks', 'install']);
    assert.equal(installed.code, 0, installed.text);
  }

  run(program: string, words: readonly string[]): Committed {
    const { status, stdout, stderr } = spawnSync(program, words, { cwd: this.root, env: this.#env, encoding: 'utf8', timeout: 120_000 });
    return { code: status, text: `${stdout}${stderr}` };
  }

  /** @throws when it fails. */
  git(...words: readonly string[]): string {
    const { code, text } = this.run('git', words);
    assert.equal(code, 0, `git ${words.join(' ')}: ${text}`);
    return text.trimEnd();
  }

  commit(...words: readonly string[]): Committed {
    return this.run('git', ['commit', '-m', 'a change', ...words]);
  }

  start(...words: readonly string[]): ReturnType<typeof spawn> {
    return spawn('git', ['commit', '-m', 'a change', ...words], { cwd: this.root, env: this.#env, stdio: 'ignore', detached: true });
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  /** All that a commit must not touch: what is staged, what is not, what is stashed. */
  state(): unknown {
    return [this.git('--no-optional-locks', 'status', '--porcelain=v2', '-z'), this.git('ls-files', '--stage', '-z'), this.git('diff', '--no-ext-diff'), this.git('stash', 'list'), this.git('for-each-ref')];
  }

  /** What was left behind outside the clone. */
  left(): readonly string[] {
    return readdirSync(join(this.folder, 'tmp')).filter((name) => name.startsWith('trunkline-'));
  }
}

function passed({ code, text }: Committed): string {
  assert.equal(code, 0, text);
  return text;
}

function aborted({ code, text }: Committed): string {
  assert.equal(code, 1, text);
  return text;
}

/** One clone with its first commit. */
function begun(t: TestContext): Clone {
  const clone = new Clone(t);
  clone.git('add', '--all');
  const text = passed(clone.commit());
  assert.match(text, /✔ unit-tests {2}1 of 1 test files/);
  assert.match(text, /✔ secrets/);
  assert.match(text, /Left for "trunkline build": code, package/);
  return clone;
}

test('a commit is held to what is staged, not to what lies there, and a refused one leaves everything as it was', (t) => {
  const clone = begun(t);
  clone.write('src/a.js', 'export const a = 2;\n');
  clone.git('add', '--all');
  clone.write('src/a.js', 'export const a = 1;\n');
  clone.write('untracked', 'x');
  const before = clone.state();
  const text = aborted(clone.commit());
  assert.match(text, /✘ unit-tests/);
  assert.match(text, /a is one/);
  assert.deepEqual(clone.state(), before);

  clone.write('src/a.js', 'export const a = 1; // staged\n');
  clone.git('add', 'src/a.js');
  clone.write('src/a.js', 'REFUSED and broken');
  passed(clone.commit());
  assert.equal(clone.read('src/a.js'), 'REFUSED and broken');
  assert.equal(clone.git('show', 'HEAD:src/a.js'), 'export const a = 1; // staged');
  assert.deepEqual(clone.left(), []);
});

test('a finding aborts with its file and line, why, and how to correct it, and never shows the secret', (t) => {
  const clone = begun(t);
  const secret = ['AKIA', 'QX3ZKT7WLM5RVB2N'].join('');
  clone.write('infrastructure/keys.js', `export const region = 'eu';\nexport const key = '${secret}';\n`);
  clone.write('b.js', 'REFUSED\n');
  clone.git('add', '--all');
  const text = aborted(clone.commit());
  assert.match(text, /infrastructure\/keys\.js:2 critical \S+: /);
  assert.match(text, /why: /);
  assert.match(text, /fix: /);
  assert.match(text, /b\.js is refused/);
  assert.equal(text.includes(secret), false);
  assert.equal(clone.git('rev-list', '--count', 'HEAD'), '1');
});

test('of some files alone, or of some parts, exactly those are looked at', (t) => {
  const clone = begun(t);
  clone.write('good.js', '1\n');
  clone.write('bad.js', 'REFUSED\n');
  clone.git('add', '--intent-to-add', 'good.js', 'bad.js');
  passed(clone.commit('--', 'good.js'));
  assert.match(aborted(clone.commit('--', 'bad.js')), /bad\.js is refused/);
  assert.match(aborted(clone.commit('--all')), /bad\.js is refused/);
  assert.equal(clone.git('show', '--name-only', '--format=', 'HEAD'), 'good.js');
});

test('an empty commit has nothing to check and says so; the same files again are known', (t) => {
  const clone = begun(t);
  assert.match(passed(clone.commit('--allow-empty')), /nothing is staged that differs from the last commit: there is nothing to check/);
  assert.match(passed(clone.commit('--amend', '--allow-empty')), /there is nothing to check/);
  clone.write('c.js', '1\n');
  clone.git('add', 'c.js');
  passed(clone.commit());
  clone.git('reset', '--quiet', '--soft', 'HEAD^');
  assert.match(passed(clone.commit()), /exactly this passed before/);
});

test('commits of every sort pass through: deletions, merges, rebases, submodules, linked work trees, hostile names', (t) => {
  const clone = begun(t);
  const names = ['a file.js', 'new\nline.js', '-rf.js', "it's.js", '$(touch pwned).js', 'ünï.js'];
  for (const name of names) clone.write(name, '1\n');
  clone.git('add', '--all');
  passed(clone.commit());
  assert.equal(existsSync(join(clone.root, 'pwned')), false);
  clone.write('ünï.js', 'REFUSED\n');
  clone.git('add', '--all');
  aborted(clone.commit());
  clone.git('checkout', '--quiet', 'HEAD', '--', '.');
  clone.git('rm', '--quiet', '--', ...names);
  passed(clone.commit());

  clone.git('checkout', '--quiet', '-b', 'side', 'HEAD^');
  clone.write('side.js', '1\n');
  clone.git('add', 'side.js');
  passed(clone.commit());
  clone.git('checkout', '--quiet', 'main');
  clone.git('merge', '--quiet', '--no-ff', '-m', 'a merge', 'side');
  clone.git('checkout', '--quiet', '-b', 'later', 'HEAD^');
  clone.write('later.js', '1\n');
  clone.git('add', 'later.js');
  passed(clone.commit());
  clone.git('rebase', '--quiet', 'main');
  assert.ok(existsSync(join(clone.root, 'side.js')));

  clone.git('update-index', '--add', '--cacheinfo', `160000,${clone.git('rev-parse', 'HEAD')},vendor/sub`);
  passed(clone.commit());
  const linked = join(clone.folder, 'linked');
  clone.git('worktree', 'add', '--quiet', linked, 'side');
  writeFileSync(join(linked, 'x.js'), 'REFUSED\n');
  clone.git('-C', linked, 'add', 'x.js');
  assert.match(aborted(clone.run('git', ['-C', linked, 'commit', '-m', 'x'])), /x\.js is refused/);
});

test('a test that imports what a commit takes away is run, and fails it', (t) => {
  const clone = begun(t);
  clone.git('rm', '--quiet', 'src/a.js');
  assert.match(aborted(clone.commit()), /✘ unit-tests {2}1 of 1 test files/);
});

test('killed in the middle, the hook has touched nothing, and what it ran ends with it', { skip: process.platform !== 'linux' && 'it reads /proc' }, async (t) => {
  const clone = begun(t);
  clone.write('src/a.js', 'export const a = 1; // WAIT\n');
  clone.git('add', 'src/a.js');
  clone.write('src/a.js', 'precious\n');
  const before = clone.state();
  const waiting = join(clone.folder, 'waiting');
  const came = new Promise<void>((resolve) => {
    const watcher = watch(clone.folder, () => {
      if (!existsSync(waiting) || readFileSync(waiting, 'utf8') === '') return;
      watcher.close();
      resolve();
    });
  });
  const committing = clone.start();
  await came;
  const script = Number(readFileSync(waiting, 'utf8'));
  const parentOf = (pid: number): number => Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  let hook = parentOf(script);
  while (!readFileSync(`/proc/${hook}/cmdline`, 'utf8').includes('main.ts')) hook = parentOf(hook);
  process.kill(hook, 'SIGKILL');
  const [code] = await once(committing, 'exit') as [number | null];
  await until('the end of the command', () => (isAlive(script) ? undefined : true));
  assert.notEqual(code, 0);
  assert.deepEqual(clone.state(), before);
  assert.equal(clone.read('src/a.js'), 'precious\n');
  assert.equal(clone.git('rev-list', '--count', 'HEAD'), '1');
});

/** A zombie is dead. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
