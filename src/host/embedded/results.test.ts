import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { z } from 'zod';
import type { ActionKind } from '../../actions/action.ts';
import { shell } from '../../actions/shell/shell.ts';
import { commitKind } from '../../actions/source/commit.ts';
import { planKind } from '../../actions/source/plan.ts';
import { memoryStore } from '../../artifact/memory/store.testing.ts';
import type { Cache } from '../../cache/cache.ts';
import { memoryCache } from '../../cache/memory/cache.testing.ts';
import { cachedIn } from '../../core/cached.ts';
import type { Run } from '../../core/state.ts';
import { systemClock } from '../../foundation/clock.ts';
import { digestOf } from '../../foundation/digest.ts';
import type { Json } from '../../foundation/units.ts';
import { memoryJournal } from '../../journal/memory/journal.ts';
import { parsePlan, type ActionPlan } from '../../pipeline/plan.ts';
import type { Tool } from '../../pipeline/tools.ts';
import { openCells } from '../../runner/cells.ts';
import { openLog } from '../../runner/log.ts';
import { contentsOfFolder } from '../../source/contents.ts';
import { LocalEffects } from './effects.ts';
import { EmbeddedHost } from './host.ts';
import { Releases } from './releases.ts';
import { Workspaces } from './workspaces.ts';

/** In the npm registry's place: it installs what the lock says, and says how often it was asked to. */
const NPM = '#!/bin/sh\n[ "$1" = ci ] || exit 1\nrm -rf node_modules && mkdir -p node_modules/a && cp package-lock.json node_modules/a/ && { [ ! -e poison ] || cp poison node_modules/a/; }\necho "npm works"\n';
const tools = realpathSync(mkdtempSync(join(tmpdir(), 'tools-')));
writeFileSync(join(tools, 'npm'), NPM);
chmodSync(join(tools, 'npm'), 0o755);
chmodSync(tools, 0o755);
const path = process.env['PATH'];
process.env['PATH'] = [tools, path].join(delimiter);
after(() => {
  process.env['PATH'] = path;
  rmSync(tools, { recursive: true, force: true });
});

type Files = { readonly [path: string]: string };

/** A host of its own, with real cells, over commits that are nothing but their files. */
function scene(t: TestContext, cache: Cache = memoryCache(100_000_000)) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'results-')));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  let commits = 0;
  return {
    folder,
    async run(files: Files, actions: readonly ActionPlan[], commit = `commit-${commits += 1}`, planned?: readonly Tool[], machine: readonly Tool[] = []): Promise<Run> {
      const at = (name: string): string => join(folder, name);
      const cells = openCells({ records: at('cells'), marker: folder, npmrc: '' });
      const artifacts = memoryStore();
      const plan = parsePlan({ version: 1, application: 'once', trunk: 'main', source: {}, waivers: [], ...(planned ? { tools: [...planned] } : {}), stages: [{ name: 'build', budgetMs: 600_000, mode: 'parallel', waves: [], actions }] });
      const kinds: readonly ActionKind[] = [shell, { ...shell, kind: 'archive', input: z.strictObject({ command: z.string() }), caching: () => undefined } as ActionKind, commitKind({ verify: async () => undefined, tracked: () => ({ list: async () => ({ paths: [], submodules: [] }), read: async () => new Map() }), mayLeaveEmpty: false }), planKind(async () => plan), { ...shell, kind: 'source-rows', input: z.json(), checkout: false, run: async () => ({ passed: true, output: {} }) } as unknown as ActionKind];
      await using host = await EmbeddedHost.start({
        clock: systemClock, journal: memoryJournal(), capacity: { builds: 2 }, operators: () => ({ people: {} }), pin: () => undefined, down: async () => ({ events: [] }),
        look: async () => ({ type: 'trunk-seen', commits: [{ id: commit, tree: '', subject: '', author: '', reverts: [] }] }),
        effects: new LocalEffects({
          clock: systemClock, kinds: new Map(kinds.map((kind) => [kind.kind, kind])), adopt: parsePlan, artifacts, cells, isolation: cells.isolation, network: cells.network, builder: 'test', repository: folder, reports: at('reports'),
          history: () => ({ changedLines: async () => new Map(), versions: async function* () { /* nothing was committed before */ } }) as never,
          environments: { regions: async () => [], region: () => { throw new Error('nothing is deployed here'); } },
          releases: new Releases(at('releases'), artifacts),
          workspaces: new Workspaces({ root: at('work'), cells, hidden: [], checkout: async (_commit, target) => { for (const [file, text] of Object.entries(files)) await put(join(target, file), text); await mkdir(target, { recursive: true }); } }),
          results: { cache, origin: (run) => run, contents: async () => contentsOf(files), history: async () => commit, builtFrom: () => commit, product: 'test' },
          tools: { now: async (names) => machine.filter(({ name }) => names.includes(name)) },
          secret: async () => { throw new Error('there are no secrets here'); },
          signer: { keyid: 'none', sign: async () => { throw new Error('nothing is signed here'); } },
          log: async (file) => {
            await mkdir(dirname(join(at('logs'), file)), { recursive: true });
            return openLog(join(at('logs'), file), { secrets: [] });
          },
        }),
      });
      const { run = '' } = await host.command({ type: 'run', commit, again: false }, 'test');
      await host.idle();
      return host.state.runs.get(run)!;
    },
    log: (run: Run, action: string): string => readFileSync(join(folder, 'logs', run.id, `build.${action}.1-${run.stages.build?.fence}-1.log`), 'utf8'),
  };
}

async function put(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

function contentsOf(files: Files): Map<string, string> {
  return new Map(Object.entries(files).map(([file, text]) => [file, `100644 ${digestOf(text)}`]));
}

function action(name: string, input: { readonly command: string; readonly [field: string]: Json }, needs: readonly string[] = [], kind = 'shell'): ActionPlan {
  return { name, row: 'build.code', kind, input, needs: [...needs], timeoutMs: 60_000, retry: { attempts: 1, backoffMs: 0 } };
}

const cachedActions = (run: Run): readonly string[] => Object.entries(run.stages.build?.actions ?? {}).filter(([, { output }]) => cachedIn(output)).map(([name]) => name).toSorted();
const outcome = (run: Run): string => `${run.finished?.outcome}: ${run.finished?.reason}`;

const JUNIT = '<testsuite name="s" tests="1"><testcase name="works" classname="c"/></testsuite>';
const PIPELINE = [
  action('code', { command: 'mkdir dist && cp src dist/built && ln -s built dist/link' }),
  action('tests', { command: `test "$(cat dist/link)" = one && echo '${JUNIT}' > junit.xml`, junit: 'junit.xml' }, ['code']),
  action('package', { command: 'test -f dist/built' }, ['code'], 'archive'),
];

test('the same commit once more does nothing but package, finds what was built, and shows the same report', async (t) => {
  const { run, folder, log } = scene(t);
  const first = await run({ src: 'one' }, PIPELINE, 'a');
  assert.equal(outcome(first), 'SUCCEEDED: every stage passed');
  assert.deepEqual(cachedActions(first), []);
  const second = await run({ src: 'one' }, PIPELINE, 'a');
  assert.equal(outcome(second), 'SUCCEEDED: every stage passed');
  assert.deepEqual(cachedActions(second), ['code', 'tests']);
  assert.equal(cachedIn(second.stages.build?.actions['tests']?.output)?.run, first.id);
  assert.match(log(second, 'tests'), new RegExp(`cached: from ${first.id} at `));
  const report = (of: Run): string => readFileSync(join(folder, 'reports', of.id, `build.tests.1-${of.stages.build?.fence}-1.json`), 'utf8');
  assert.equal(report(second), report(first));
});

test('another commit never gets what this one built, though its files are the same; what leaves no files it may share', async (t) => {
  const { run } = scene(t);
  await run({ src: 'one' }, PIPELINE, 'a');
  assert.deepEqual(cachedActions(await run({ src: 'one' }, PIPELINE, 'b')), ['tests']);
});

test('a changed file, or another command, has everything done that depends on it', async (t) => {
  const { run } = scene(t);
  const pipeline = [action('code', { command: 'cat src > built', inputs: ['src'] }), action('lint', { command: 'cat notes', inputs: ['notes'], outputs: [] }, ['code']), action('all', { command: 'cat src notes' }, ['code'])];
  await run({ src: 'one', notes: '1' }, pipeline, 'a');
  assert.deepEqual(cachedActions(await run({ src: 'one', notes: '2' }, pipeline, 'a')), ['code']);
  assert.deepEqual(cachedActions(await run({ src: 'two', notes: '1' }, pipeline, 'a')), []);
  assert.deepEqual(cachedActions(await run({ src: 'one', notes: '1' }, [pipeline[0]!, pipeline[1]!, action('all', { command: 'cat src' }, ['code'])], 'a')), ['code', 'lint']);
});

test('what failed, and what is told never to be kept, is done again', async (t) => {
  const { run } = scene(t);
  const failing = [action('code', { command: 'test -e flag' })];
  assert.equal((await run({ src: '1' }, failing, 'a')).finished?.outcome, 'FAILED');
  assert.equal((await run({ src: '1' }, failing, 'a')).finished?.outcome, 'FAILED');
  const never = [action('code', { command: 'true', cache: false }), action('tests', { command: 'true' }, ['code'])];
  await run({ src: '1' }, never, 'a');
  assert.deepEqual(cachedActions(await run({ src: '1' }, never, 'a')), []);
});

test('an installation is made once for the same manifests, and a commit can leave nothing in it for the next', async (t) => {
  const { run, log } = scene(t);
  const files = { 'package.json': '{}', 'package-lock.json': '{"lock":1}' };
  const uses = (extra: string): readonly ActionPlan[] => [action('code', { command: `test -f node_modules/a/package-lock.json && ${extra}`, prepare: 'npm ci' })];
  const evil = await run({ ...files, poison: 'evil' }, uses('echo evil > node_modules/a/poison'), 'a');
  assert.equal(outcome(evil), 'SUCCEEDED: every stage passed');
  assert.match(log(evil, 'code'), /npm works/);
  const next = await run(files, uses('test ! -e node_modules/a/poison'), 'b');
  assert.equal(outcome(next), 'SUCCEEDED: every stage passed');
  assert.doesNotMatch(log(next, 'code'), /npm works/);
  assert.match(log(next, 'code'), new RegExp(`as ${evil.id} installed it`));
  const other = await run({ ...files, 'package-lock.json': '{"lock":2}' }, uses('grep -q 2 node_modules/a/package-lock.json'), 'c');
  assert.match(log(other, 'code'), /npm works/);
});

test('an installation that runs scripts of the project itself is made in the checkout, every time', async (t) => {
  const { run, log } = scene(t);
  const files = { 'package.json': '{"scripts":{"postinstall":"true"}}', 'package-lock.json': '{}' };
  for (const commit of ['a', 'b']) {
    const made = await run(files, [action('code', { command: 'test -d node_modules/a', prepare: 'npm ci' })], commit);
    assert.equal(outcome(made), 'SUCCEEDED: every stage passed');
    assert.match(log(made, 'code'), /not kept: it runs the project's own script "postinstall"[^]*npm works/);
  }
});

test('where results are cached, what they were prepared with is there for whoever does work after them', async (t) => {
  const { run } = scene(t);
  const files = { 'package.json': '{}', 'package-lock.json': '{}', src: '1', notes: '1' };
  const pipeline = [action('code', { command: 'cp src built', prepare: 'npm ci', inputs: ['src'] }), action('lint', { command: 'test -d node_modules/a && test -f built && test -f notes' }, ['code'])];
  await run(files, pipeline, 'a');
  const second = await run({ ...files, notes: '2' }, pipeline, 'a');
  assert.equal(outcome(second), 'SUCCEEDED: every stage passed');
  assert.deepEqual(cachedActions(second), ['code']);
});

test('a file that code of a commit puts in the way of what is kept leads nowhere', async (t) => {
  const { run, folder } = scene(t);
  mkdirSync(join(folder, 'outside'));
  const pipeline = [action('code', { command: `ln -s ${join(folder, 'outside')} out && ln -s /etc/passwd leak && echo done > made` }), action('tests', { command: 'test -L out && test -f made' }, ['code'])];
  await run({ src: '1' }, pipeline, 'a');
  const second = await run({ src: '1' }, [pipeline[0]!, action('tests', { command: 'test -L out && test -L leak && test "$(cat made)" = done' }, ['code'])], 'a');
  assert.equal(outcome(second), 'SUCCEEDED: every stage passed');
  assert.deepEqual(cachedActions(second), ['code']);
  assert.deepEqual([...await contentsOfFolder(join(folder, 'outside'))], []);
});

const GIT = { name: 'git', version: '2.39.5', digest: digestOf('git') } as const;
const NODE = { name: 'node', version: 'v24.0.0', digest: digestOf('node') } as const;

test('a tool that is another than was planned fails the action before it begins, and says which; one that is the same, or not its own, does not', async (t) => {
  const { run } = scene(t);
  const pipeline = [action('code', { command: 'touch "$HOME/began"' })];
  const planned = [GIT, NODE, { name: 'dbmate', version: '2', digest: digestOf('dbmate') }];
  assert.equal(outcome(await run({}, pipeline, 'a', planned, [GIT, NODE, { name: 'dbmate', version: '3', digest: digestOf('another') }])), 'SUCCEEDED: every stage passed');
  const failed = await run({}, pipeline, 'b', planned, [GIT, { ...NODE, version: 'v24.1.0', digest: digestOf('another') }]);
  const { error } = failed.stages.build?.actions['code'] ?? {};
  assert.equal(failed.finished?.outcome, 'FAILED');
  assert.equal(error?.code, 'TOOL_CHANGED');
  assert.match(error?.message ?? '', /^a tool of build\.code is another than when this run was planned: node v24\.0\.0 \(sha256:[0-9a-f]{12}\) is now node v24\.1\.0 \(sha256:[0-9a-f]{12}\)$/);
  assert.match(error?.hint ?? '', /push a commit/);
  const appeared = await run({}, pipeline, 'c', [NODE], [GIT, NODE]);
  assert.match(appeared.stages.build?.actions['code']?.error?.message ?? '', /git 2\.39\.5 .* was not on this machine$/);
});

test('a plan of an earlier version names no tools, and runs with any', async (t) => {
  const { run } = scene(t);
  assert.equal(outcome(await run({}, [action('code', { command: 'true' })], 'a', undefined, [GIT, NODE])), 'SUCCEEDED: every stage passed');
});
