import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'node:test';
import { kioskFiles } from '../rig/kiosk.ts';
import { Asked, Story } from '../rig/story.ts';

/** One line of what happened and why, with its code, and at least one line of what to do. */
const SAYS_WHAT_TO_DO = /^trunkline: .+ \[[A-Z_]+\]\n {2}\S.*$/m;

test('a folder that is no whole repository is refused with what to do, and nothing is written there', () => Story.told(async (story) => {
  story.kiosk({ number: 1 });
  story.commit('more');
  const refused = async (folder: string, says: RegExp): Promise<void> => {
    for (const command of ['check', 'run', 'init']) {
      const { code, err } = await new Asked([command], { cwd: folder }).ended;
      assert.equal(code, 2, err);
      assert.match(err, SAYS_WHAT_TO_DO);
      assert.match(err, says);
    }
  };
  const plain = join(story.folder, 'plain');
  mkdirSync(plain);
  await refused(plain, /lies in no git repository.*\n.*"git init"/);
  assert.deepEqual(readdirSync(plain), []);
  const bare = join(story.folder, 'bare.git');
  story.git('clone', '--quiet', '--bare', story.repository, bare);
  await refused(bare, /is a bare repository.*\n.*clone it/);
  assert.ok(!existsSync(join(bare, '.trunkline')) && !existsSync(join(story.folder, '.trunkline')));
  const shallow = join(story.folder, 'shallow');
  story.git('clone', '--quiet', '--depth', '1', pathToFileURL(story.repository).href, shallow);
  await refused(shallow, /is a shallow clone.*\n.*git fetch --unshallow/);
  assert.ok(!existsSync(join(shallow, '.trunkline')));
}));

test('a configuration that is not there, not whole or not right is named by file, line and field, and nothing runs', () => Story.told(async (story) => {
  const { 'trunkline.config.ts': right, ...files } = kioskFiles({ number: 1 });
  story.commit('Kiosk without a pipeline', files);
  const refused = async (text: string | undefined, says: RegExp, commands: readonly string[]): Promise<void> => {
    if (text !== undefined) story.commit('another', { 'trunkline.config.ts': text });
    for (const command of commands) {
      const { code, err } = await story.ask([command]);
      assert.equal(code, 2, `${command}: ${err}`);
      assert.match(err, SAYS_WHAT_TO_DO);
      assert.match(err, says);
    }
  };
  const changed = (from: string | RegExp, to: string): string => {
    const text = right!.replace(from, to);
    assert.notEqual(text, right);
    return text;
  };
  await refused(undefined, /there is no trunkline\.config\.ts.*\[CONFIG_NOT_FOUND\]\n.*"trunkline init"/, ['check', 'run', 'build', 'up']);
  await refused("import { application } from 'trunkline';\n\nexport default application('kiosk', {\n  trunk: ;\n});\n", /trunkline\.config\.ts:4: SyntaxError/, ['check', 'run']);
  await refused(changed('unitTests:', 'unitTest:'), /trunkline\.config\.ts:\d+: .*unitTest/, ['check']);
  await refused(changed(/ {4}code: .*\n/, ''), /trunkline\.config\.ts:\d+: .*build\.code.*required/, ['check']);
  await refused(changed("trunk: 'main'", "trunk: 'main..other'"), /trunkline\.config\.ts:\d+: .*trunk/, ['check']);
  await refused(changed("instances: 1", "instances: 'many'"), /trunkline\.config\.ts:\d+: .*instances/, ['check']);
  await refused("import { everything } from 'trunkline';\n", /trunkline\.config\.ts:1: .*everything/, ['check']);
  await refused('while (true) process.exit(0);\n', /trunkline\.config\.ts: it ended before it gave a plan/, ['check']);
  const raw = (twist: string): string => `${changed('export default', 'const plan =')}\n${twist};\nexport default plan;\n`;
  await refused(raw("plan.stages[0].actions[0].needs = ['package']"), /build: needs go in a circle: code -> package -> code/, ['check', 'run']);
  await refused(raw("plan.stages[0].actions[1].needs = ['nothing']"), /build\.unit-tests needs "nothing"/, ['check']);
  await refused(raw("plan.stages[0].actions[0].colour = 'red'"), /stages\.0\.actions\.0: .*colour/, ['check']);
  assert.deepEqual(await story.data<unknown[]>(['runs']), []);
  assert.deepEqual(readdirSync(join(story.state, 'scratch')), []);
  assert.deepEqual(story.left(), []);
}));

test('an unreadable configuration is named as such', () => Story.told(async (story) => {
  story.kiosk({ number: 1 });
  const path = join(story.repository, 'trunkline.config.ts');
  const refused = async (says: RegExp): Promise<void> => {
    const { code, err } = await story.ask(['check']);
    assert.ok(code === 1 || code === 2, err);
    assert.match(err, SAYS_WHAT_TO_DO);
    assert.match(err, says);
    assert.doesNotMatch(err, /\[BUG\]/);
  };
  if (process.getuid?.() !== 0) { // nothing is unreadable for root
    story.write({ 'trunkline.config.ts': 'export default 1;' });
    chmodSync(path, 0o000);
    await refused(/trunkline\.config\.ts/);
  }
  rmSync(path);
  mkdirSync(path);
  story.write({ 'trunkline.config.ts/index.ts': 'export default 1;' });
  await refused(/trunkline\.config\.ts.* \[CONFIG_NOT_FOUND\]/);
  rmSync(path, { recursive: true });
  writeFileSync(join(story.folder, 'elsewhere.ts'), 'export default 1;');
  symlinkSync('../elsewhere.ts', path);
  await refused(/trunkline\.config\.ts.* \[SOURCE_REFUSED\]/);
}));

test('what an action needs and this machine lacks is missing in the check, and named by the run that fails', () => Story.told(async (story) => {
  story.kiosk({ number: 1, fields: { 'build.codeQuality': "sh('no-such-linter --strict .')" } });
  const check = await story.ask(['check']);
  assert.equal(check.code, 1, check.out);
  assert.match(check.out, /✘ +build\.code-quality +required.*no-such-linter/);
  assert.equal((await story.ask(['run'])).code, 1);
  const tool = await story.show();
  assert.match(tool.reason!, /build\.code-quality: .*no-such-linter/);
  assert.ok(tool.error!.hint, 'and says what to do');

  const { 'trunkline.config.ts': right } = kioskFiles({ number: 1 });
  story.commit('A kind of its own', { 'trunkline.config.ts': `${right!.replace('export default', 'const plan =')}\nplan.stages[0].actions[0].kind = 'teleport';\nexport default plan;\n` });
  const unknown = await story.ask(['check']);
  assert.equal(unknown.code, 2, 'no plan is judged by halves');
  assert.match(unknown.err, /build\.code: there is no action of kind "teleport" \[PLAN_INVALID\]/);
  assert.equal((await story.ask(['run'])).code, 1);
  const kind = await story.show();
  assert.deepEqual([kind.error!.code, kind.outcome], ['PLAN_INVALID', 'FAILED']);
  assert.match(kind.reason!, /source\.plan: .*build\.code: there is no action of kind "teleport"/);
  const again = await story.ask(['run']);
  assert.equal(again.code, 5, 'what failed is not run again as if nothing had been');
  assert.match(again.err, /"trunkline retry r-/);
}));

test('settings that an operator has spoilt are named, and a state folder that can not be one', () => Story.told(async (story) => {
  story.kiosk({ number: 1 });
  const refused = async (words: readonly string[], says: RegExp, cwd = story.repository): Promise<void> => {
    const { code, err } = await new Asked(words, { cwd }).ended;
    assert.equal(code, 2, `${words.join(' ')}: ${err}`);
    assert.match(err, says);
  };
  const file = join(story.folder, 'a-file');
  writeFileSync(file, 'no folder');
  await refused(['runs', '--state', file], /a-file.* \[[A-Z_]+\]\n/);
  const first = await story.ask(['run', '--detach']);
  assert.equal(first.code, 4, first.err);
  const { run } = await story.show();
  for (const name of ['operators.json', 'pipeline.json']) {
    writeFileSync(join(story.state, name), '{"people": ["kim"');
    const { code, err } = await story.ask([name === 'operators.json' ? 'reject' : 'run', ...(name === 'operators.json' ? [run, '--reason', 'no'] : [])]);
    assert.equal(code, 2, err);
    assert.match(err, new RegExp(`${name.replace('.', '\\.')} is not valid: .*\\[SETTINGS_INVALID\\]\\n +correct it`));
    if (name === 'pipeline.json') execFileSync('rm', [join(story.state, name)]);
  }
  for (const words of [['retry', 'r-none'], ['show', 'r-none'], ['logs', 'r-none'], ['approve', 'r-none'], ['rollback', '--to', 'r-none'], ['show', run, 'too', 'many'], ['fly'], ['run', '--fast'], ['approve'], ['reject', run], ['metrics', '--from', 'yesterday-ish'], ['verify', run]]) {
    const { code, err } = await story.ask(words);
    assert.equal(code, 2, `${words.join(' ')}: ${err}`);
    assert.match(err, /\n/);
  }
  story.operators({ people: {} });
}));
