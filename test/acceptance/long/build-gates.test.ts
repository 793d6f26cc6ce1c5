import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, userInfo } from 'node:os';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { BuildLine } from '../../../src/cli/product.ts';
import type { FindingsReport, Report } from '../../../src/reports/report.ts';
import { product } from '../../rig/product.ts';
import { Asked, Story, type Answer } from '../../rig/story.ts';

const shop = join(product, 'examples/orders');

/** Where a bad commit of the shop must end, and what is said of it there. */
interface Gate {
  readonly action: string;
  /** Of the finding: its rule, and the text that stands at its place. */
  readonly found?: { readonly rule: RegExp; readonly file: string; readonly text: string };
  /** Where nothing is found but something lacks. */
  readonly says: RegExp;
}

const GATES: { readonly [patch: string]: Gate } = {
  'failing-test': { action: 'unit-tests', says: /tests? failed: ".*" \(src\/domain\/voucher\.test\.ts:\d+\)/ },
  'lowered-coverage': { action: 'unit-tests', says: /src\/domain\/arrival\.ts/ },
  'lint-error': { action: 'code-quality', found: { rule: /^@typescript-eslint\/no-explicit-any$/, file: 'src/http/etag.ts', text: 'mark: any' }, says: /any/ },
  'sql-injection': { action: 'sast', found: { rule: /^sql-injection$/, file: 'src/db/orders.ts', text: 'ILIKE' }, says: /src\/db\/orders\.ts:\d+/ },
  'vulnerable-dependency': { action: 'sca', found: { rule: /GHSA-xvch-5gv4-984h|CVE-2021-44906/, file: 'package-lock.json', text: '"minimist": ' }, says: /minimist/ },
  'forbidden-licence': { action: 'sca', found: { rule: /licence/, file: 'package-lock.json', text: '"@nextcloud/browser-storage": ' }, says: /GPL-3\.0-or-later/ },
};

test('each bad commit of the shop stops Build at the action that is there for it, which says where and why', () => Story.told(async (story) => {
  layShop(story);
  story.commit('The first release of the shop');
  const waiting = Object.entries(GATES);
  const one = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await stops(story, ...next);
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, one));
}));

async function stops(story: Story, patch: string, { action, found, says }: Gate): Promise<void> {
  const tree = join(story.folder, patch);
  story.git('worktree', 'add', '--quiet', '--detach', tree);
  story.git('-C', tree, 'apply', patchFile(patch));
  const { code, out, err } = await new Asked(['build', '--json', '--state', story.state, '--directory', tree], {}).ended;
  assert.equal(code, 1, `${patch}: ${out}${err}`);
  const lines = JSON.parse(out) as readonly BuildLine[];
  assert.deepEqual(lines.filter(({ state }) => state === 'failed').map((line) => line.action), [action], `${patch}: ${JSON.stringify(lines.map(({ state, message, ...line }) => [line.action, state, message]), null, 1)}`);
  const failed = lines.find((line) => line.action === action)!;
  assert.match(failed.message!, says, patch);
  if (found) isAmong(failed.reports ?? [], found, tree, patch);
  if (found && action !== 'code-quality') assert.match(out, /"fix":/, `${patch} says how to mend it`); // a linter says what is wrong, and no more
}

function isAmong(reports: readonly Report[], { rule, file, text }: NonNullable<Gate['found']>, tree: string, patch: string): void {
  const findings = reports.filter((report): report is FindingsReport => report.type === 'findings').flatMap((report) => report.findings).filter(({ standing }) => standing === 'counts');
  const finding = findings.find((each) => rule.test(each.rule) && each.file === file);
  assert.ok(finding, `${patch}: ${JSON.stringify(findings, null, 1)}`);
  assert.match(readFileSync(join(tree, file), 'utf8').split('\n')[finding.line! - 1]!, new RegExp(text.replace(/[/.]/g, '\\$&')), `${patch}: ${file}:${finding.line}`);
}

test('a secret stops the run at once, what runs beside it is ended, and it is written nowhere', () => Story.told(async (story) => {
  layShop(story);
  // Unit tests that go on for longer than any test may wait.
  const { scripts, ...manifest } = JSON.parse(readFileSync(join(shop, 'package.json'), 'utf8')) as { readonly scripts: { readonly [name: string]: string } };
  story.write({ 'package.json': `${JSON.stringify({ ...manifest, scripts: { ...scripts, test: 'sleep 300' } }, null, 2)}\n` });
  story.commit('The first release of the shop');
  story.git('apply', '--index', patchFile('secret'));
  story.commit('Prepare for keeping receipts');
  const committed = [...readFileSync(join(story.repository, 'src/receipts.ts'), 'utf8').matchAll(/Key(?:Id)?: '(.{20,})'/g)].map(([, text]) => text!);
  assert.equal(committed.length, 2);

  const ran = await story.ask(['run', '--wait']);
  assert.equal(ran.code, 1, `${ran.out}${ran.err}`);
  const { outcome, reason, stages, run, error } = await story.show();
  assert.equal(outcome, 'FAILED');
  assert.match(reason!, /build\.secrets/);
  assert.match([error!.message, ...error!.lastLines!].join('\n'), /src\/receipts\.ts:[45]/);
  const build = stages.find(({ stage }) => stage === 'build')!;
  const stateOf = (name: string): string => build.actions.find(({ action }) => action === name)!.state;
  assert.equal(stateOf('secrets'), 'failed');
  assert.notEqual(stateOf('unit-tests'), 'passed', 'what ran beside it was ended');
  assert.deepEqual(story.left(), []);
  assert.deepEqual(await story.env(), [], 'no environment was touched');

  const answers: Answer[] = [ran];
  for (const words of [['show', run], ['logs', run], ['report', run], ['runs']]) answers.push(await story.ask(words), await story.ask([...words, '--json']));
  for (const format of ['sarif', 'html']) answers.push(await story.ask(['report', run, 'secrets', '--format', format]));
  const forms = committed.flatMap((text) => [text, Buffer.from(text).toString('base64').slice(0, -4), Buffer.from(text).toString('hex'), text.replaceAll('/', '\\/'), encodeURIComponent(text)]);
  const holds = (bytes: Buffer): boolean => forms.some((form) => bytes.includes(form));
  assert.deepEqual(answers.filter(({ out, err }) => holds(Buffer.from(out + err))), []);
  // What was made of the commit has it, as the commit has; nobody reads that, and it is neither signed nor deployed.
  const files = allFiles(story.state).map((path) => relative(story.state, path)).filter((path) => !/^(artifacts|cache)\//.test(path));
  assert.ok(files.some((path) => path.startsWith('logs/')) && files.some((path) => path.startsWith('reports/')) && files.includes('journal.db'), files.join('\n'));
  const leaks = files.filter((path) => {
    const bytes = readFileSync(join(story.state, path));
    return holds(bytes) || (bytes[0] === 0x1f && bytes[1] === 0x8b && holds(gunzipSync(bytes)));
  });
  assert.deepEqual(leaks, []);
}, { operators: { people: { [userInfo().username]: { groups: ['orders-operators'] } } } }));

function layShop({ repository }: Story): void {
  const made = /[\\/](node_modules|dist|reports|coverage|\.trunkline)$/;
  cpSync(shop, repository, { recursive: true, filter: (path) => !made.test(path) });
}

function patchFile(name: string): string {
  return join(product, 'examples/orders-commits', `${name}.patch`);
}

function allFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? allFiles(path) : entry.isFile() ? [path] : [];
  });
}
