import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, type Standards } from './judge.ts';
import { noneFrom } from './names.ts';
import type { Found } from './report.ts';

const lines = ['const a = 1;', 'query(`${a}`); // trunkline-ignore sql until 2027-01-31: a is a number', 'query(b);', '/* trunkline-ignore sql until tomorrow: b */', 'query(b);', '# trunkline-ignore sql until 2027-01-31: c is a number', 'query(c);'];
const standards: Standards = { limits: noneFrom('high'), baseline: new Set(), ignored: new Map(), today: '2026-11-23', linesOf: (file) => (file === 'db.js' ? lines : undefined) };
const at = (line: number, rest: Partial<Found> = {}): Found => ({ rule: 'sql', severity: 'high', message: 'a query is put together from text', file: 'db.js', line, ...rest });

test('a finding that nothing forgives counts against its limit', () => {
  const { findings, over } = judge([at(3)], standards);
  assert.deepEqual(findings.map(({ standing }) => standing), ['counts']);
  assert.deepEqual(over, [{ severity: 'high', count: 1, limit: 0 }]);
});

test('a remark on its line or the line above suppresses it until the day it names, and is shown with its reason', () => {
  const [finding] = judge([at(2)], standards).findings;
  assert.deepEqual(finding?.suppression, { reason: 'a is a number', until: '2027-01-31', where: 'db.js:2' });
  assert.equal(judge([at(7)], standards).findings[0]?.standing, 'suppressed', 'alone on the line above');
  assert.equal(judge([at(2)], { ...standards, today: '2027-01-31' }).over.length, 0);
  const expired = judge([at(2)], { ...standards, today: '2027-02-01' });
  assert.equal(expired.over.length, 1);
  assert.match(expired.findings[0]?.note ?? '', /expired on 2027-01-31/);
});

test('a remark without a day or for another rule forgives nothing', () => {
  const [finding] = judge([at(5)], standards).findings;
  assert.equal(finding?.standing, 'counts');
  assert.match(finding?.note ?? '', /db\.js:4 has no such day as "tomorrow"/);
  assert.equal(judge([at(2, { rule: 'xss' })], standards).findings[0]?.standing, 'counts');
});

test('what stands in the baseline is known, also when the lines above it have moved, and only as often as it was there', () => {
  const [known] = judge([at(1)], standards).findings;
  const moved: Standards = { ...standards, baseline: new Set([known?.fingerprint ?? '']), linesOf: () => ['// new', ...lines] };
  assert.deepEqual(judge([at(2)], moved).findings.map(({ standing }) => standing), ['known']);
  assert.deepEqual(judge([at(2), at(2)], moved).findings.map(({ standing }) => standing), ['counts', 'known']);
});

test('the worst that count come first', () => {
  const { findings, counts } = judge([at(1, { severity: 'low' }), at(1, { severity: 'critical' }), at(2, { severity: 'critical' })], standards);
  assert.deepEqual(findings.map(({ severity, standing }) => `${severity} ${standing}`), ['critical counts', 'low counts', 'critical suppressed']);
  assert.deepEqual(counts, { critical: 1, high: 0, medium: 0, low: 1, info: 0 });
});

test('what a tool itself has forgiven, with a reason, is shown as forgiven', () => {
  const [finding] = judge([at(3, { suppressed: { reason: 'it is a number', where: 'the report of CodeQL' } })], standards).findings;
  assert.deepEqual([finding?.standing, finding?.suppression], ['suppressed', { reason: 'it is a number', where: 'the report of CodeQL', until: '9999-12-31' }]);
});

test('what was not listed counts too', () => {
  const { over, counts } = judge([], standards, { high: 3, low: 2 });
  assert.deepEqual([over, counts.low], [[{ severity: 'high', count: 3, limit: 0 }], 2]);
});
