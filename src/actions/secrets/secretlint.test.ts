import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openHistory, type Looked } from '../../source/git/history.ts';
import { repositoryFixture, temporaryFolder, type RepositoryFixture } from '../../source/git/fixture.testing.ts';
import { openRepository } from '../../source/git/repository.ts';
import type { FindingsReport } from '../../reports/report.ts';
import { actionContext } from '../fixture.testing.ts';
import { openScanner } from './scanner.ts';
import { noScans, openScans, readOnly, type Scans } from './scans.ts';
import { secretlintKind, type SecretScanInput } from './secretlint.ts';

const aws = 'AKIA' + '7777WQ5TZ3KMRD6H';
const key = 'k3VdZq8TnP1wYb6' + 'JrX0sLmE7uGhC4oAf9iQ2Nt';
const unending = new AbortController().signal;

async function scan(fixture: RepositoryFixture, looked: Looked, input: Partial<SecretScanInput> = {}, scans: Scans = noScans) {
  const recorded = actionContext({ workdir: fixture.folder });
  const context = { ...recorded.context, action: 'secrets', row: 'build.secrets', history: openHistory(await openRepository(fixture.folder), looked) } as const;
  const result = await secretlintKind(scans).run({ history: false, ignore: [], ...input }, context);
  const [report] = recorded.reports as FindingsReport[];
  assert.ok(report);
  return { result, report, told: JSON.stringify([recorded.reports, recorded.lines, result]), names: report.findings.map(({ rule, file, line, standing }) => `${rule} ${file}:${line} ${standing}`) };
}

function repository(t: TestContext): RepositoryFixture {
  const fixture = repositoryFixture(t);
  fixture.write('src/a.ts', 'export const a = 1;\n');
  fixture.commit('first');
  return fixture;
}

test('a secret in application or infrastructure fails at once, with file, line and rule, and is told nowhere', async (t) => {
  const fixture = repository(t);
  fixture.write('infrastructure/deploy.yaml', `a: 1\ntoken: ${key}\n`);
  fixture.write('config/x.json', `{"id":"${aws}"}`);
  const { result, report, names, told } = await scan(fixture, { commit: fixture.commit('leak') });
  assert.ok(!result.passed && result.error.code === 'FINDINGS_OVER_LIMIT');
  assert.deepEqual(names, ['aws config/x.json:1 counts', 'assigned-secret infrastructure/deploy.yaml:2 counts']);
  assert.deepEqual(report.findings.map(({ severity }) => severity), ['critical', 'critical']);
  assert.ok(!told.includes(key) && !told.includes(aws) && !told.includes(key.slice(4, 12)));
  assert.equal(report.scope[0], '3 files');
});

test('the fingerprint of a secret tells nothing of it, stays while it stays, and is another for another secret', async (t) => {
  const fixture = repository(t);
  fixture.write('a.env', `API_TOKEN=${key}\n`);
  const first = await scan(fixture, { commit: fixture.commit('leak') });
  fixture.write('a.env', `# moved\nAPI_TOKEN=${key}\n`);
  const moved = await scan(fixture, { commit: fixture.commit('moved') });
  fixture.write('a.env', `API_TOKEN=${key.replace('Zq8', 'Yp7')}x\n`);
  const second = await scan(fixture, { commit: fixture.commit('another') });
  const [of, ofMoved, ofSecond] = [first, moved, second].map(({ report }) => report.findings.map(({ fingerprint }) => fingerprint));
  assert.deepEqual(ofMoved, of);
  assert.notDeepEqual(ofSecond, of);
});

test('a remark forgives the secret that it names, and not the next one that is put in its place', async (t) => {
  const fixture = repository(t);
  const remark = (name: string): string => `# trunkline-ignore ${name} until 2999-01-01: of a server that is gone\n`;
  fixture.write('a.env', `${remark('assigned-secret')}API_TOKEN=${key}\n`);
  const unnamed = await scan(fixture, { commit: fixture.commit('leak') });
  assert.ok(!unnamed.result.passed);
  const name = /"trunkline-ignore (\S+) until/.exec(unnamed.report.findings[0]?.note ?? '')?.[1] ?? '';
  assert.match(name, /^assigned-secret#[0-9a-f]{10}$/);
  fixture.write('a.env', `${remark(name)}API_TOKEN=${key}\n`);
  const named = await scan(fixture, { commit: fixture.commit('named') });
  assert.ok(named.result.passed);
  assert.deepEqual(named.names, ['assigned-secret a.env:2 suppressed']);
  fixture.write('a.env', `${remark(name)}API_TOKEN=${key.replace('Zq8', 'Yp7')}x\n`);
  assert.ok(!(await scan(fixture, { commit: fixture.commit('a live one') })).result.passed);
});

test('what has no place for a remark is forgiven by its id, in that file alone', async (t) => {
  const fixture = repository(t);
  fixture.write('a.json', `{"id":"${aws}"}`);
  fixture.write('b.json', `{"id":"${aws}"}`);
  const commit = fixture.commit('leak');
  const { told } = await scan(fixture, { commit });
  const digest = /#([0-9a-f]{10})/.exec(told)?.[1];
  const ignore = [{ id: `aws#${digest}:a.json`, until: '2999-01-01', reason: 'revoked' }];
  assert.deepEqual((await scan(fixture, { commit }, { ignore })).names, ['aws b.json:1 counts', 'aws a.json:1 suppressed']);
});

test('a secret that only history holds is found once, at the oldest commit that has it, and may be accepted by its id', async (t) => {
  const fixture = repository(t);
  fixture.write('src/b.ts', `const apiKey = "${key}";\n`);
  const leak = fixture.commit('leak');
  fixture.write('src/b.ts', `// more\nconst apiKey = "${key}";\n`);
  fixture.commit('moved');
  fixture.write('src/b.ts', 'const apiKey = process.env.API_KEY;\n');
  const commit = fixture.commit('taken out');
  assert.ok((await scan(fixture, { commit })).result.passed, 'without history');
  const { result, report, told } = await scan(fixture, { commit }, { history: true });
  assert.ok(!result.passed);
  assert.deepEqual(report.findings.map(({ rule, file, steps }) => [rule, file, steps]), [['assigned-secret', 'src/b.ts', [{ file: 'src/b.ts', line: 1, message: `at commit ${leak}` }]]]);
  const id = /id: "([^"]+)"/.exec(report.findings[0]?.fix ?? '')?.[1] ?? '';
  assert.match(id, new RegExp(`^assigned-secret#[0-9a-f]{10}:src/b\\.ts@${leak.slice(0, 12)}$`));
  assert.match(report.findings[0]?.message ?? '', /in line 1 of src\/b\.ts at commit [0-9a-f]{12}, and in 1 later version/);
  assert.ok(!told.includes(key));
  const accepted = await scan(fixture, { commit }, { history: true, ignore: [{ id, until: '2999-01-01', reason: 'revoked' }] });
  assert.ok(accepted.result.passed);
  assert.equal(accepted.report.findings[0]?.suppression?.reason, 'revoked');
});

test('one id forgives one secret of a commit; an id of an earlier release is refused, with those that take its place', async (t) => {
  const fixture = repository(t);
  const others = ['Yp7', 'Xo6', 'Wn5'].map((part) => key.replace('Zq8', part));
  others.forEach((each, index) => fixture.write(`src/${index}.ts`, `const apiKey = "${each}";\nconst otherSecret = "${each}z";\n`));
  const leak = fixture.commit('leaks').slice(0, 12);
  others.forEach((_, index) => fixture.write(`src/${index}.ts`, 'nothing\n'));
  const commit = fixture.commit('taken out');
  const ignore = (id: string) => ({ history: true, ignore: [{ id, until: '2999-01-01', reason: 'revoked' }] });
  const refused = await scan(fixture, { commit }, ignore(`assigned-secret:${leak}`));
  assert.ok(!refused.result.passed && refused.result.error.code === 'SECRET_IGNORE_AMBIGUOUS');
  assert.equal(refused.report.counts.critical, 6);
  const ids = (refused.result.error.lastLines ?? []).map((line) => line.split(' -> ')[1] ?? '');
  assert.equal(new Set(ids).size, 6);
  const one = await scan(fixture, { commit }, ignore(ids[0] ?? ''));
  assert.deepEqual([one.report.counts.critical, one.report.findings.filter(({ standing }) => standing === 'suppressed').length], [5, 1]);
  const all = await scan(fixture, { commit }, { history: true, ignore: ids.map((id) => ({ id, until: '2999-01-01', reason: 'revoked' })) });
  assert.ok(all.result.passed);
});

test('copies of packages are not looked at in history, but are where they lie today; what also lay elsewhere is', async (t) => {
  const fixture = repository(t);
  const leak = (part: string): string => `const apiKey = "${key.replace('Zq8', part)}";\n`;
  fixture.write('node_modules/a/key.js', leak('Yp7'));
  fixture.write('src/own.ts', leak('Xo6'));
  fixture.commit('leaks');
  fixture.write('node_modules/a/key.js', 'nothing\n');
  fixture.write('src/own.ts', 'nothing\n');
  fixture.write('vendor/own.ts', leak('Xo6'));
  fixture.commit('hidden among the packages');
  fixture.write('vendor/own.ts', 'nothing\n');
  fixture.write('vendor/now.js', leak('Wn5'));
  const { names, report } = await scan(fixture, { commit: fixture.commit('today') }, { history: true });
  assert.deepEqual(names.toSorted(), ['assigned-secret src/own.ts:undefined counts', 'assigned-secret vendor/now.js:1 counts']);
  assert.match(report.scope.join('\n'), /not looked at in history, as code of others .*: 2 versions/);
});

test('a second run reads only what was committed since, and forgets no finding', async (t) => {
  const fixture = repository(t);
  fixture.write('src/b.ts', `const apiKey = "${key}";\n`);
  fixture.commit('leak');
  fixture.write('src/b.ts', 'nothing\n');
  const commit = fixture.commit('taken out');
  const folder = temporaryFolder(t);
  const scans = openScans(folder);
  const first = await scan(fixture, { commit }, { history: true }, readOnly(scans));
  assert.equal((await scans.read()).size, 0, 'whoever may only read writes nothing');
  await scan(fixture, { commit }, { history: true }, scans);
  const again = await scan(fixture, { commit }, { history: true }, scans);
  assert.ok(again.report.scope.includes('history: 3 versions of files, 3 of them searched by an earlier run'));
  assert.deepEqual(again.report.findings, first.report.findings);
  assert.ok(!readFileSync(join(folder, 'secrets-2.lines'), 'utf8').includes(key));
});

test('a line of the store that a crash cut off says nothing', async (t) => {
  const folder = temporaryFolder(t);
  const scans = openScans(folder);
  const [one, two, three] = ['a', 'b', 'c'].map((letter) => letter.repeat(40)) as [string, string, string];
  await scans.add(new Map([[one, []]]));
  appendFileSync(join(folder, 'secrets-2.lines'), `${two} [{"rule":"x"`);
  await scans.add(new Map([[three, []]]));
  assert.deepEqual([...(await scans.read()).keys()], [one, three]);
});

test('a file made to keep the search busy for ever is a finding, and the next one is searched', async () => {
  await using scanner = openScanner({ patience: 1 });
  const text = `${'aws_secret_access_key '.repeat(11_000)}`;
  assert.deepEqual((await scanner.scan({ path: 'slow.txt', bytes: Buffer.from(text), size: text.length }, unending))?.map(({ rule }) => rule), ['unscannable-file']);
  await using patient = openScanner();
  const bytes = Buffer.from(`id = "${aws}"`);
  assert.deepEqual((await patient.scan({ path: 'a.ts', bytes, size: bytes.length }, unending))?.map(({ rule }) => rule), ['aws']);
});

test('a secret is found across the cut of a large file, in UTF-16, and behind a zero byte; what is too large is said', async () => {
  await using scanner = openScanner();
  const scanned = async (bytes: Buffer, size = bytes.length) => (await scanner.scan({ path: 'big.txt', bytes, size }, unending))?.map(({ rule, line }) => `${rule}:${line}`);
  const line = `${'x'.repeat(99)}\n`;
  const cut = 256 * 1024 - 10;
  const before = line.repeat(Math.floor(cut / 100)) + ' '.repeat(cut % 100);
  assert.deepEqual(await scanned(Buffer.from(`${before}${aws}\n${line.repeat(3_000)}`)), [`aws:${Math.floor(cut / 100) + 1}`]);
  assert.deepEqual(await scanned(Buffer.from(`\ufeffid = "${aws}"\n`, 'utf16le')), ['aws:1']);
  assert.deepEqual(await scanned(Buffer.from(`${line}\0${aws}\n`)), ['aws:2']);
  assert.equal(await scanned(Buffer.from('short'), 2 ** 31), undefined);
});

test('an ended run ends the search', async () => {
  await using scanner = openScanner();
  await assert.rejects(scanner.scan({ path: 'a', bytes: Buffer.from('a'), size: 1 }, AbortSignal.abort(new Error('ended'))), /ended/);
});
