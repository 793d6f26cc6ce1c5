import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttemptEnd } from '../../core/facts.ts';
import { withRefusals } from './refusals.ts';

const failed = (lastLines: readonly string[] = []): AttemptEnd => ({ state: 'failed', error: { code: 'COMMAND_FAILED', class: 'code', message: 'it failed', hint: 'see the last lines', lastLines } });
const told = (end: AttemptEnd): string => (end.state === 'failed' ? `${end.error.message} | ${end.error.hint}` : end.state);
const none = { places: new Set<string>(), limits: new Set<string>() };

test('a failure names the places that it was refused, and the line that allows them', () => {
  assert.equal(told(withRefusals(failed(), { ...none, places: new Set(['example.org', 'example.net:8443']) })),
    'it failed; its network does not reach example.org, example.net:8443 | see the last lines; if it needs that, write network: ["example.org", "example.net:8443"] on this action in trunkline.config.ts');
});

test('without any network, the names that tools could not resolve are the ones', () => {
  for (const line of ['npm error request failed, reason: getaddrinfo EAI_AGAIN api.example.org', 'curl: (6) Could not resolve host: api.example.org', 'dial tcp: lookup api.example.org on 10.0.0.1:53: no such host']) {
    assert.match(told(withRefusals(failed([line]), none)), /write network: \["api\.example\.org"\]/, line);
  }
  assert.equal(told(withRefusals(failed(['getaddrinfo ENOTFOUND localhost']), none)), 'it failed | see the last lines');
});

test('a failure names the limit that it hit, and how to raise it; what passed says nothing', () => {
  assert.match(told(withRefusals(failed(), { ...none, limits: new Set(['4096 processes']) })), /it hit the limit of 4096 processes of its cell \| use less, or let an operator raise "limits" in sandbox\.json/);
  const passed: AttemptEnd = { state: 'passed', output: null };
  assert.equal(withRefusals(passed, { places: new Set(['x']), limits: new Set(['y']) }), passed);
});
