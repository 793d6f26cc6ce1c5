import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareBaseline, parseBaseline, reviseBaseline } from './baseline.ts';
import type { Finding } from './report.ts';

const finding = (letter: string, standing: Finding['standing'] = 'counts'): Finding => ({ rule: `rule-${letter}`, severity: 'high', message: letter, file: `${letter}.ts`, line: 1, fingerprint: letter.repeat(32), standing });
const everywhere = (): boolean => true;
const letters = (entries: readonly { readonly rule: string }[] | undefined): string => (entries ?? []).map(({ rule }) => rule.slice(-1)).join('');
const adopted = (...all: readonly Finding[]) => reviseBaseline(undefined, compareBaseline(undefined, new Map([['build.sast', all]])), everywhere);

test('the first baseline takes all that counts, and nothing that is suppressed', () => {
  assert.equal(letters(adopted(finding('b'), finding('a'), finding('c', 'suppressed')).findings['build.sast']), 'ab');
});

test('what was written is read back', () => {
  const baseline = adopted(finding('a'));
  assert.deepEqual(parseBaseline(JSON.stringify(baseline)), baseline);
});

test('what is gone is told apart from what stays and what is fresh', () => {
  const [row] = compareBaseline(adopted(finding('a'), finding('b')), new Map([['build.sast', [finding('b', 'known'), finding('c')]]]));
  assert.deepEqual([letters(row?.stays), letters(row?.fresh), letters(row?.gone)], ['b', 'c', 'a']);
});

test('a row that may not grow keeps what stays, forgets what is gone, and takes nothing', () => {
  const before = adopted(finding('a'), finding('b'));
  const revisions = compareBaseline(before, new Map([['build.sast', [finding('b', 'known'), finding('c')]]]));
  assert.equal(letters(reviseBaseline(before, revisions, () => false).findings['build.sast']), 'b');
  assert.equal(letters(reviseBaseline(before, revisions, everywhere).findings['build.sast']), 'bc');
});

test('a row that was not looked at stays as it was', () => {
  const before = adopted(finding('a'));
  assert.deepEqual(reviseBaseline(before, compareBaseline(before, new Map([['build.secrets', []]])), everywhere), before);
});
