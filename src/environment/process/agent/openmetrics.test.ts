import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseMetrics } from './openmetrics.ts';

const read = (text: string): Record<string, number> => Object.fromEntries(parseMetrics(text));

test('samples of every kind are read, with comments, times and exemplars passed over', () => {
  assert.deepEqual(read([
    '# HELP http_requests Requests.', '# TYPE http_requests counter',
    'http_requests_total{status="200",method="GET"} 12 1700000000.123',
    'http_request_seconds_bucket{le="+Inf"} 3 # {trace_id="a"} 0.5',
    'up 1', 'small 1.5e-3', 'negative -2', 'none{} 4', '# EOF', '',
  ].join('\n')), {
    'http_requests_total{method="GET",status="200"}': 12,
    'http_request_seconds_bucket{le="+Inf"}': 3,
    up: 1, small: 0.0015, negative: -2, none: 4,
  });
});

test('braces, commas, quotes and blanks inside a label value stay there', () => {
  assert.deepEqual(read(String.raw`a{path="/x{y},z \" \\ b"} 1`), { [String.raw`a{path="/x{y},z \" \\ b"}`]: 1 });
});

test('a value that is no finite number is missing, not zero', () => {
  assert.deepEqual(read('a NaN\nb +Inf\nc -Inf\nd 1'), { d: 1 });
});

test('what is not metrics is refused, with its line', () => {
  for (const line of ['<html>', 'a', 'a{b="1" 2', 'a{b=1} 2', 'a one', 'a{b="1"}{c="2"} 3']) {
    assert.throws(() => parseMetrics(`ok 1\n${line}`), { name: 'SyntaxError', message: /line 2/ });
  }
});

test('too much is refused', () => {
  assert.throws(() => parseMetrics(`a 1\n${' '.repeat(1_000_001)}`), /more than 1000000 characters/);
  assert.throws(() => parseMetrics(Array.from({ length: 2_001 }, (_, n) => `a{n="${n}"} 1`).join('\n')), /more than 2000 series/);
});

test('any text is read or refused, quickly and without another error', () => {
  fc.assert(fc.property(fc.string({ maxLength: 300, unit: fc.constantFrom('a', '{', '}', '"', '\\', ',', '=', ' ', '1', '\n', '#') }), (text) => {
    try {
      parseMetrics(text);
    } catch (error) {
      assert.ok(error instanceof SyntaxError, String(error));
    }
  }));
});
