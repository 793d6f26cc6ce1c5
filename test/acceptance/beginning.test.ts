import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rowIds } from '../../src/catalogue/rows.ts';
import { Asked, Story, type Answer } from '../rig/story.ts';

interface CheckShown { readonly plan: string; readonly rows: readonly { readonly id: string; readonly level: string; readonly state: string; readonly reason?: string }[]; readonly isolation: string }

/** As a user would: in the repository, with the state where it belongs. */
function here(story: Story, ...words: string[]): Promise<Answer> {
  return new Asked(words, { cwd: story.repository }).ended;
}

test('init writes a first pipeline that evaluates, into an empty repository and into one of Node, and overwrites nothing', () => Story.told(async (story) => {
  const made = await here(story, 'init', '--json');
  assert.equal(made.code, 0, made.err);
  const { files } = JSON.parse(made.out) as { files: string[] };
  assert.deepEqual(files, ['trunkline.config.ts', 'infrastructure/environments.ts']);
  assert.match(readFileSync(join(story.repository, '.git/info/exclude'), 'utf8'), /^\/\.trunkline\/$/m);
  assert.doesNotMatch(story.git('status', '--porcelain', '--untracked-files=all'), /\.trunkline\//);
  const again = await here(story, 'init');
  assert.equal(again.code, 5, again.err);
  assert.match(again.err, /trunkline\.config\.ts is there already, and nothing is overwritten \[CONFIG_EXISTS\]/);
  const empty = await here(story, 'check', '--json');
  assert.equal(empty.code, 1, empty.err);
  assert.ok((JSON.parse(empty.out) as CheckShown).rows.some(({ state }) => state === 'missing'));
}));

test('check says of every row of the specification whether it is there, in one documented shape', () => Story.told(async (story) => {
  story.commit('A shop', {
    'package.json': JSON.stringify({ name: '@example/shop', private: true, scripts: { build: 'node build.mjs', test: 'node --test', lint: 'node lint.mjs' } }),
    'package-lock.json': JSON.stringify({ name: '@example/shop', lockfileVersion: 3, requires: true, packages: { '': { name: '@example/shop' } } }),
    'src/server.js': '', 'test/shop.test.js': '', 'public/index.html': '', 'config/app.json': '{}',
  });
  story.git('branch', '--move', 'main', 'stem');
  assert.equal((await here(story, 'init')).code, 0);
  assert.match(readFileSync(join(story.repository, 'trunkline.config.ts'), 'utf8'), /application\("shop", \{\n {2}trunk: "stem"/);
  story.commit('A first pipeline');
  const { code, out, err } = await here(story, 'check', '--json');
  assert.equal(code, 1, err);
  const { plan, rows, isolation } = JSON.parse(out) as CheckShown;
  assert.match(plan, /^sha256:[0-9a-f]{64}$/);
  assert.deepEqual(rows.map(({ id }) => id), rowIds);
  for (const row of rows) {
    assert.deepEqual(Object.keys(row).filter((key) => !['id', 'level', 'state', 'reason', 'where', 'tool', 'findings'].includes(key)), []);
    assert.ok(['required', 'recommended'].includes(row.level) && ['present', 'missing', 'waived'].includes(row.state), JSON.stringify(row));
    assert.equal(typeof (row.state === 'present' ? row.reason ?? '' : row.reason), 'string', `${row.id} says why`);
  }
  assert.ok(['namespaces', 'none'].includes(isolation));
  const stateOf = (id: string): string => rows.find((row) => row.id === id)!.state;
  assert.deepEqual(['build.code', 'build.secrets', 'build.package', 'prod.approval', 'pipeline.trunk-only', 'metric.mttr'].map(stateOf), Array(6).fill('present'));
  assert.deepEqual(['build.sca', 'gamma.monitoring', 'prod.deploy'].map(stateOf).filter((state) => state === 'present'), [], 'a placeholder or an environment without alarms is not present');
  const told = await here(story, 'check');
  assert.equal(told.code, 1);
  assert.match(told.out, /\d+ required row\(s\) missing/);

  const linked = join(story.folder, 'linked');
  story.git('worktree', 'add', '--quiet', linked);
  assert.equal((await new Asked(['runs'], { cwd: linked }).ended).code, 0);
  assert.ok(!existsSync(join(linked, '.trunkline')), 'work trees of one repository share one state');
}));

test('every command explains itself', async () => {
  const { out, code } = await new Asked(['--help'], {}).ended;
  assert.equal(code, 0);
  const commands = [...out.matchAll(/^ {2}([a-z]+)(?: \[| <|  )/gm)].map(([, name]) => name!).filter((name) => !['trunkline', 'help'].includes(name));
  for (const wanted of ['run', 'up', 'runs', 'show', 'logs', 'approve', 'reject', 'cancel', 'retry', 'rollback', 'env', 'metrics', 'verify', 'check', 'build', 'down', 'secret', 'gc', 'init']) assert.ok(commands.includes(wanted), wanted);
  await Promise.all(commands.map(async (name) => {
    const help = await new Asked([...(name === 'secret' ? ['secret', 'set'] : [name]), '--help'], {}).ended;
    assert.equal(help.code, 0, name);
    assert.match(help.out, new RegExp(`^Usage: trunkline ${name}`), name);
    assert.match(help.out, /\n\n\S.{20,}/, `${name} says what it does`);
  }));
});

const MINUTE = 60_000;
const STARTED = { S: 'SUCCEEDED', F: 'FAILED' } as const;

/** Such as `0S 60S 150F`: starts in minutes, and how each ended, a minute later. */
function history(text: string): object[] {
  return text.split(' ').map((word, index) => {
    const [, at, how] = /^(\d+)([SF])$/.exec(word)!;
    const startedAt = Number(at) * MINUTE;
    return { run: `r${index}`, attempt: 1, kind: 'STANDARD', startedAt, endedAt: startedAt + MINUTE, outcome: STARTED[how as 'S' | 'F'], revision: `c${index}`, commits: [] };
  });
}

test('metrics of a history from elsewhere are exact, and a file that is none is refused', () => Story.told(async (story) => {
  const file = join(story.folder, 'history.json');
  const metrics = async (attempts: object[], ...words: string[]): Promise<{ [name: string]: number | null }> => {
    writeFileSync(file, JSON.stringify({ attempts }));
    const { code, out, err } = await new Asked(['metrics', '--import', file, '--json', ...words], {}).ended;
    assert.equal(code, 0, err);
    return JSON.parse(out) as never;
  };
  const m1 = '0S 60S 150F 180F 240S 300S 540F 560S';
  const all = await metrics(history(m1));
  assert.deepEqual([all['mtbfMs'], all['mttrMs'], all['deployments'], all['from'], all['leadTimeMs']], [225 * MINUTE, 55 * MINUTE, 5, 0, null]);
  const part = await metrics(history(m1), '--from', '1970-01-01T00:00:00Z', '--to', String(540 * MINUTE));
  assert.deepEqual([part['mtbfMs'], part['mttrMs'], part['deploysPerDay']], [150 * MINUTE, 90 * MINUTE, 4 / (540 / 1440)], 'the end is not part of the period');
  const none = await metrics(history(m1), '--from', String(600 * MINUTE), '--to', String(700 * MINUTE));
  assert.deepEqual([none['deploysPerDay'], none['deployments'], none['mtbfMs'], none['mttrMs'], none['leadTimeMs']], [0, 0, null, null, null]);

  const [a, b] = history('0S 40F') as [object, { startedAt: number }];
  const m5 = await metrics([a, b, { ...b, attempt: 2, startedAt: 65 * MINUTE, endedAt: 70 * MINUTE, outcome: 'SUCCEEDED' }]);
  assert.deepEqual([m5['mtbfMs'], m5['mttrMs'], m5['deployments']], [40 * MINUTE, 25 * MINUTE, 2]);

  const commit = (id: string, at: number, reverts?: string): object => ({ id, pushedAt: at * MINUTE, ...(reverts === undefined ? {} : { reverts }) });
  const run = (id: string, from: number, to: number, outcome: string, commits: object[]): object => ({ run: id, attempt: 1, kind: 'STANDARD', startedAt: from * MINUTE, endedAt: to * MINUTE, outcome, revision: id, commits });
  const [c1, c2, c3] = [commit('c1', 0), commit('c2', 20), commit('c3', 80)];
  const l1 = await metrics([run('run1', 0, 80, 'SUPERSEDED', [c1]), run('run2', 80, 90, 'SUCCEEDED', [c1, c2, c3])]);
  assert.equal(l1['leadTimeMs'], (90 + 70 + 10) / 3 * MINUTE);
  const [c6, c7, c8] = [commit('c6', 300), commit('c7', 320, 'c6'), commit('c8', 330)];
  const l3 = await metrics([run('run5', 300, 310, 'FAILED', [c6]), run('run6', 335, 380, 'SUCCEEDED', [c6, c7, c8])]);
  assert.equal(l3['leadTimeMs'], 50 * MINUTE);

  for (const [text, says] of [['{"attempts": [', /not JSON/], ['{}', /attempts/], [JSON.stringify({ attempts: [{ ...a, outcome: 'GREEN' }] }), /attempts\.0\.outcome/], [JSON.stringify({ attempts: [a, a] }), /there twice/]] as const) {
    writeFileSync(file, text);
    const { code, err } = await new Asked(['metrics', '--import', file], {}).ended;
    assert.equal(code, 2, err);
    assert.match(err, says);
    assert.match(err, /\n +the form is \{"attempts"/);
  }
  const absent = await new Asked(['metrics', '--import', join(story.folder, 'none.json')], {}).ended;
  assert.equal(absent.code, 2);
  assert.match(absent.err, /none\.json can't be read/);
}));
