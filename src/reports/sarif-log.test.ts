import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsReport } from './fixture.testing.ts';
import { sarifLog } from './sarif-log.ts';

const { runs: [run] } = sarifLog([[findingsReport, { security: true }]]);
assert.ok(run);

test('each rule is described once, with the number that viewers sort security by', () => {
  assert.deepEqual(run.tool.driver.rules.map(({ id, properties }) => [id, properties?.['security-severity']]), [['sql-injection', '8.0'], ['weak-crypto', '5.5'], ['xss', '2.0'], ['CVE-2026-0001', undefined]]);
  assert.deepEqual([run.tool.driver.name, run.tool.driver.version, run.tool.extensions], ['analyser', '1.2.3', [{ name: 'plug-in' }]]);
  assert.equal(run.tool.driver.rules[0]?.helpUri, 'https://cwe.mitre.org/data/definitions/89.html');
});

test('findings that are not about security carry no such number', () => {
  const [lint] = sarifLog([[findingsReport, { security: false }]]).runs;
  assert.ok(lint?.tool.driver.rules.every(({ properties }) => properties === undefined));
});

test('a result has its rule, level, place, fingerprint and the flow of the data', () => {
  const [first] = run.results;
  assert.deepEqual([first?.ruleId, first?.ruleIndex, first?.level], ['sql-injection', 0, 'error']);
  assert.deepEqual(first?.locations?.[0]?.physicalLocation, { artifactLocation: { uri: 'src/orders%20%26%20co/db.ts', uriBaseId: '%SRCROOT%' }, region: { startLine: 12, startColumn: 5, endLine: 14 } });
  assert.deepEqual(first?.partialFingerprints, { 'trunklineFinding/v1': 'a'.repeat(32) });
  assert.deepEqual(first?.codeFlows?.[0]?.threadFlows[0]?.locations.map(({ location }) => location.message.text), ['it comes from the query of a request', 'it is run']);
});

test('what is known is unchanged, and what is suppressed says why, where and until when', () => {
  assert.deepEqual(run.results.map(({ baselineState }) => baselineState), ['new', 'unchanged', undefined, undefined]);
  assert.deepEqual(run.results.map(({ suppressions }) => suppressions?.map(({ kind, justification, properties }) => [kind, justification, properties.until])), [
    undefined, undefined, [['inSource', 'a number', '2027-01-31']], [['external', 'never called', '2027-03-31']],
  ]);
});

test('where nothing is known, nothing is compared', () => {
  const [fresh] = sarifLog([[{ ...findingsReport, findings: findingsReport.findings.slice(0, 1) }, { security: true }]]).runs;
  assert.equal(fresh?.results[0]?.baselineState, undefined);
});

test('an address that is no web page is left out', () => {
  const [first] = findingsReport.findings;
  assert.ok(first);
  const [hostile] = sarifLog([[{ ...findingsReport, findings: [{ ...first, help: 'javascript:alert(1)' }] }, { security: true }]]).runs;
  assert.equal(hostile?.tool.driver.rules[0]?.helpUri, undefined);
});
