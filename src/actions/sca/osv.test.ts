import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore } from '../../artifact/memory/store.testing.ts';
import { errorRecord } from '../../foundation/errors.ts';
import type { Json } from '../../foundation/units.ts';
import { noneFrom } from '../../reports/names.ts';
import type { FindingsReport } from '../../reports/report.ts';
import type { CommitHistory } from '../../source/history.ts';
import { VirtualClock } from '../../foundation/clock.ts';
import { actionContext } from '../fixture.testing.ts';
import { noFeed, type Feed } from './feed.ts';
import { advisory, billOf, npm, zipOf } from './fixture.testing.ts';
import { osvKind, type DependencyInput } from './osv.ts';

const lock = { 'package-lock.json': '{\n  "packages": {\n    "node_modules/left": {\n      "version": "1.2.3"\n    },\n    "node_modules/deep": {\n      "version": "4.5.6"\n    }\n  }\n}\n' };

interface Given { readonly bill?: Json; readonly files?: { readonly [path: string]: Json | Buffer }; readonly input?: Partial<DependencyInput>; readonly feed?: Feed; readonly outputs?: { readonly [action: string]: Json } }

async function analyse({ bill = billOf(), files = {}, input = {}, feed = noFeed, outputs }: Given) {
  const artifacts = memoryStore();
  const { digest } = await artifacts.put(Buffer.from(JSON.stringify(bill)));
  const recorded = actionContext();
  const all = Object.entries({ ...lock, ...files }).map(([path, content]) => ({ path, bytes: Buffer.isBuffer(content) ? content : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)) }));
  const history: CommitHistory = {
    changedLines: async () => new Map(),
    async *files(_signal, isWanted = () => true) { for (const { path, bytes } of all) if (isWanted(path)) yield { path, bytes, size: bytes.length }; },
    async *versions() { /* not looked at */ },
  };
  const context = { ...recorded.context, action: 'sca', row: 'build.sca' as const, artifacts, history, outputs: outputs ?? { sbom: { cyclonedx: digest } }, clock: new VirtualClock(Date.parse('2026-11-23')) };
  const result = await osvKind(feed).run({ advisories: 'advisories', limits: noneFrom('high'), ignore: [], ...input }, context).catch((thrown: unknown) => ({ passed: false as const, error: errorRecord(thrown) }));
  const [report] = recorded.reports as FindingsReport[];
  return { result, report, findings: report?.findings ?? [], rules: report?.findings.map(({ rule }) => rule) ?? [], code: result.passed ? 'passed' : result.error.code };
}

test('a vulnerable dependency is found with its place, the way it gets in and the version that is free of it', async () => {
  const { findings, code, report } = await analyse({ files: { 'advisories/a.json': advisory('TEST-2026-0001', { aliases: ['CVE-2026-90001'] }, { package: { ecosystem: 'npm', name: 'deep' }, ranges: [{ type: 'SEMVER', events: [{ introduced: '4.0.0' }, { fixed: '4.5.7' }] }] }), 'advisories/README.md': 'not one' } });
  const [finding] = findings;
  assert.equal(code, 'FINDINGS_OVER_LIMIT');
  assert.deepEqual([finding?.rule, finding?.severity, finding?.file, finding?.line], ['CVE-2026-90001', 'critical', 'package-lock.json', 6]);
  assert.match(finding?.message ?? '', /^deep@4\.5\.6: TEST-2026-0001 lets anyone in \(for development only\)$/);
  assert.match(finding?.why ?? '', /shop > left@1\.2\.3 > deep@4\.5\.6; also known as TEST-2026-0001/);
  assert.match(finding?.fix ?? '', /update deep to 4\.5\.7 or later: "trunkline fix CVE-2026-90001"/);
  assert.deepEqual(report?.scope, ['2 components', '1 advisories, the newest of 2026-11-20', 'licences were not looked at: osv({ licences }) names none']);
});

test('what is fixed, withdrawn, of another package or of another ecosystem is not found', async () => {
  const { rules, code } = await analyse({ files: {
    'advisories/all.json': [
      advisory('TEST-1', {}, { ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.2.3' }] }] }), advisory('TEST-2', { withdrawn: '2026-01-01T00:00:00Z' }), advisory('TEST-3', {}, { package: { ecosystem: 'npm', name: 'right' } }),
      advisory('TEST-4', {}, { package: { ecosystem: 'PyPI', name: 'left' } }), advisory('TEST-5', {}, { ranges: [{ type: 'SEMVER', events: [{ introduced: '1.0.0' }, { last_affected: '1.2.2' }] }] }),
      advisory('TEST-6', {}, { ranges: [{ type: 'SEMVER', events: [{ introduced: '2.0.0' }] }, { type: 'GIT', events: [{ introduced: '0' }] }] }),
    ],
  } });
  assert.deepEqual([rules, code], [[], 'passed']);
});

test('ranges hold however their events are sorted, and a list of versions beside them', async () => {
  const events = [{ fixed: '1.2.4' }, { introduced: '1.2.0' }, { introduced: '0' }, { fixed: '1.1.0' }];
  assert.deepEqual((await analyse({ files: { 'advisories/a.json': advisory('TEST-1', {}, { ranges: [{ type: 'SEMVER', events }] }) } })).rules, ['TEST-1']);
  assert.deepEqual((await analyse({ files: { 'advisories/a.json': advisory('TEST-1', {}, { ranges: [], versions: ['1.2.3'] }) } })).rules, ['TEST-1']);
  assert.deepEqual((await analyse({ files: { 'advisories/a.json': advisory('TEST-1', {}, { ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { limit: '1.2.3' }] }] }) } })).rules, []);
});

test('advisories of one vulnerability are one finding, with the worst severity and the highest fixed version', async () => {
  const { findings } = await analyse({ files: { 'advisories/a.json': [
    advisory('GHSA-test-0001', { aliases: ['CVE-2026-90001'], severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L' }] }), advisory('TEST-1', { aliases: ['CVE-2026-90001'] }, { ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.4.0' }] }] }), advisory('TEST-9'),
  ] } });
  assert.deepEqual(findings.map(({ rule, severity }) => `${rule} ${severity}`), ['CVE-2026-90001 critical', 'TEST-9 critical']);
  assert.match(findings[0]?.fix ?? '', /1\.4\.0/);
});

test('a severity is the vector\'s, else the database\'s word, else unknown and high', async () => {
  const rated = async (rest: { readonly [field: string]: Json }) => (await analyse({ files: { 'advisories/a.json': advisory('TEST-1', { severity: [], ...rest }) } })).findings[0];
  assert.equal((await rated({ database_specific: { severity: 'MODERATE' } }))?.severity, 'medium');
  assert.equal((await rated({ severity: [{ type: 'CVSS_V4', score: 'CVSS:4.0/AV:N' }], database_specific: { severity: 'LOW' } }))?.severity, 'low');
  const unknown = await rated({ severity: [{ type: 'CVSS_V4', score: 'CVSS:4.0/AV:N' }] });
  assert.deepEqual([unknown?.severity, /severity is unknown, and counts as high/.test(unknown?.message ?? '')], ['high', true]);
});

test('what can\'t be compared counts, and what can\'t be matched is said', async () => {
  const odd = await analyse({ bill: billOf([npm('left', 'someday')], []), files: { 'advisories/a.json': advisory('TEST-1') } });
  assert.match(odd.findings[0]?.message ?? '', /can't be told from the advisory, and counts as yes/);
  const foreign = await analyse({ bill: billOf([{ name: 'ecto', version: '3.0.0', purl: 'pkg:hex/ecto@3.0.0' }, { name: 'nameless' }], []), files: { 'advisories/a.json': advisory('TEST-1') } });
  assert.deepEqual(foreign.findings.map(({ rule, severity }) => `${rule} ${severity}`), ['unmatched-dependency medium', 'unmatched-dependency medium']);
  assert.match(foreign.findings.map(({ message }) => message).join('\n'), /1 dependencies of the type "hex".*: ecto@3\.0\.0[^]*1 dependencies without a package URL and version.*: nameless/);
});

test('an advisory is accepted until its day by any of its names', async () => {
  const files = { 'advisories/a.json': advisory('TEST-1', { aliases: ['CVE-2026-90001'] }) };
  const accepted = await analyse({ files, input: { ignore: [{ id: 'TEST-1', until: '2026-11-23', reason: 'not reachable' }] } });
  assert.deepEqual([accepted.code, accepted.findings[0]?.standing, accepted.findings[0]?.suppression?.reason], ['passed', 'suppressed', 'not reachable']);
  assert.equal((await analyse({ files, input: { ignore: [{ id: 'TEST-1', until: '2026-11-22', reason: 'not reachable' }] } })).code, 'FINDINGS_OVER_LIMIT');
});

test('licences that are missing, unknown or not allowed are findings', async () => {
  const of = (name: string, licences: Json) => npm(name, '1.0.0', { licenses: licences });
  const bill = billOf([of('a', [{ license: { id: 'MIT' } }]), of('b', [{ expression: '(GPL-3.0-only OR MIT)' }]), of('c', [{ expression: 'GPL-3.0-only AND MIT' }]), of('d', []), of('e', [{ license: { name: 'SEE LICENSE IN x' } }]), of('f', [{ expression: 'Apache-2.0 WITH LLVM-exception' }]), of('g', [{ license: { id: 'AGPL-3.0-only' } }])], []);
  const { findings } = await analyse({ bill, files: { 'advisories/a.json': advisory('TEST-1') }, input: { licences: ['MIT', 'Apache-2.0'] } });
  assert.deepEqual(findings.map(({ rule, severity }) => `${rule} ${severity}`).sort(), ['licence:c high', 'licence:d high', 'licence:e high', 'licence:g high']);
  const ignored = await analyse({ bill: billOf([of('g', [{ license: { id: 'AGPL-3.0-only' } }])], []), files: { 'advisories/a.json': advisory('TEST-1') }, input: { licences: ['MIT'], ignore: [{ id: 'licence:g', until: '2999-01-01', reason: 'used for development only' }] } });
  assert.equal(ignored.code, 'passed');
});

test('no advisory at all is a failure, an old source is noted, and without a bill there is nothing to match', async () => {
  assert.equal((await analyse({})).code, 'ADVISORIES_EMPTY');
  assert.equal((await analyse({ files: { 'advisories/a.json': advisory('TEST-1', { withdrawn: '2026-01-01T00:00:00Z' }) } })).code, 'ADVISORIES_EMPTY');
  assert.equal((await analyse({ outputs: {} })).code, 'SBOM_NEEDED');
  const old = await analyse({ files: { 'advisories/a.json': advisory('TEST-1', { modified: '2026-01-01T00:00:00Z' }) } });
  assert.ok(old.report?.scope.some((line) => /the newest advisory is 326d old/.test(line)));
});

test('advisories that are damaged, hostile or of wrong types are a clear error that names them', async () => {
  const hostile: { readonly [why: string]: string | Buffer } = {
    'line 1': '{"id": nope}', 'nested deeper': `${'['.repeat(1_000_000)}`, 'modified': JSON.stringify({ id: 'TEST-1', modified: 'yesterday' }), 'affected': JSON.stringify({ id: 'TEST-1', modified: '2026-01-01', affected: 'all' }),
    'id': '{"__proto__": {"id": "TEST-1"}, "modified": "2026-01-01"}', 'more than 16777216 bytes': zipOf({ 'a.json': 'x' }, 2 ** 31), 'damaged, or larger than it says': zipOf({ 'a.json': Buffer.alloc(10_000_000) }, 100), 'cut off': zipOf({ 'a.json': '{}' }).subarray(0, 20),
  };
  for (const [why, content] of Object.entries(hostile)) {
    const { result, code } = await analyse({ files: { 'advisories/bad.json': content } });
    assert.equal(code, 'ADVISORY_INVALID', why);
    assert.ok(!result.passed && result.error.message.includes('advisories/bad.json') && result.error.message.includes(why), result.passed ? '' : result.error.message);
  }
  assert.equal(({} as { id?: string }).id, undefined);
});

test('a zip is read without writing anything, whatever its files are named', async () => {
  const zip = zipOf({ '../../../etc/a.json': JSON.stringify(advisory('TEST-1')), 'b.json': JSON.stringify(advisory('TEST-2')), 'README': 'x' });
  const feed: Feed = { fetch: async () => ({ bytes: zip, fetchedAt: Date.parse('2026-11-22'), trouble: 'advisories.example does not answer' }) };
  const { rules, report } = await analyse({ feed, input: { advisories: 'https://advisories.example/npm/all.zip' } });
  assert.deepEqual(rules.toSorted(), ['TEST-1', 'TEST-2']);
  assert.ok(report?.scope.some((line) => /a copy of 2026-11-22T00:00Z, 1d old: advisories\.example does not answer/.test(line)));
});

test('components within components are looked at, wherever they stand, and so are their licences', async () => {
  const bundled = npm('left', '1.2.3', { licenses: [{ license: { id: 'GPL-3.0-only' } }] });
  const nested = billOf([npm('outer', '1.0.0', { components: [npm('middle', '1.0.0', { components: [bundled] })] })]) as { readonly [field: string]: Json };
  const inRoot = { ...billOf([]) as object, metadata: { component: { 'bom-ref': 'shop', 'name': 'shop', 'components': [bundled] } } };
  for (const bill of [nested, inRoot]) {
    const { rules } = await analyse({ bill, files: { 'advisories/a.json': advisory('TEST-1') }, input: { licences: ['MIT'] } });
    assert.deepEqual(rules.toSorted(), ['TEST-1', 'licence:left']);
  }
});

test('a package is the one of an advisory in whatever spelling its package URL has', async () => {
  const spellings: readonly (readonly [purl: string, ecosystem: string, name: string])[] = [
    ['pkg:golang/github.com/masterminds/goutils@v1.1.0', 'Go', 'github.com/Masterminds/goutils'], ['pkg:golang/std@1.1.0', 'Go', 'stdlib'],
    ['pkg:pypi/Ruamel_Yaml@1.1.0', 'PyPI', 'ruamel.yaml'], ['pkg:cargo/serde-yaml@1.1.0', 'crates.io', 'serde_yaml'], ['pkg:nuget/newtonsoft.json@1.1.0', 'NuGet', 'Newtonsoft.Json'],
    ['pkg:maven/org.Example/Thing@1.1.0', 'Maven', 'org.example:thing'], ['pkg:npm/jsonstream@1.1.0', 'npm', 'JSONStream'], ['pkg:npm/%40scope/a@1.1.0', 'npm', '@scope/a'], ['pkg:npm/@scope/a@1.1.0', 'npm', '@scope/a'],
    ['pkg:composer/Vendor/Package@1.1.0', 'Packagist', 'vendor/package'],
  ];
  for (const [purl, ecosystem, name] of spellings) {
    const bill = billOf([{ 'bom-ref': 'x', 'name': 'x', 'version': '1.1.0', purl }]);
    const { rules } = await analyse({ bill, files: { 'advisories/a.json': advisory('TEST-1', {}, { package: { ecosystem, name }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }] }) } });
    assert.deepEqual(rules, ['TEST-1'], purl);
  }
});
