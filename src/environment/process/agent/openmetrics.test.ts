import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseMetrics } from './openmetrics.ts';

const read = (text: string): Record<string, number> => Object.fromEntries(parseMetrics(text).series);

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

test('a line that is no sample costs that line alone, and is told', () => {
  for (const line of ['<html>', 'a', 'a{b="1" 2', 'a{b=1} 2', 'a one', 'a-5', 'a{b="1"}{c="2"} 3', `${'long'.repeat(300)} 1`]) {
    const { series, lost, fault } = parseMetrics(`ok 1\n${line}\nalso 2`);
    assert.deepEqual([Object.fromEntries(series), lost], [{ ok: 1, also: 2 }, 1], line);
    assert.match(fault ?? '', /^line 2 of the metrics/);
  }
});

test('what holds no sample at all is refused', () => {
  assert.throws(() => parseMetrics('<html>\n<p>not found</p>'), { name: 'SyntaxError', message: /line 1/ });
});

test('the older text format is read: byte-order mark, blanks, tabs, line ends of another system, times', () => {
  const text = '\uFEFF  # HELP a what\r\n  a  1 1700000000000\r\n\tb {c="1"}\t2\r\nd{ e = "x" , f="y" , } 3 1.5\r\ng{h="\\\\ \\" {}"} 4\r\n';
  const { series, lost } = parseMetrics(text);
  assert.deepEqual([Object.fromEntries(series), lost], [{ a: 1, 'b{c="1"}': 2, 'd{e="x",f="y"}': 3, 'g{h="\\\\ \\" {}"}': 4 }, 0]);
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
