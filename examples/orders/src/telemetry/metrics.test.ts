import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counter, expose, histogram } from './metrics.ts';

test('a counter counts each combination of labels for itself', () => {
  const requests = counter('http_requests', 'Answered requests.');
  requests.add({ method: 'GET', status: '200' });
  requests.add({ method: 'GET', status: '200' });
  requests.add({ method: 'GET', status: '500' });
  assert.equal(requests.expose(), [
    '# TYPE http_requests counter',
    '# HELP http_requests Answered requests.',
    'http_requests_total{method="GET",status="200"} 2',
    'http_requests_total{method="GET",status="500"} 1',
    '',
  ].join('\n'));
});

test('a counter without labels has no braces', () => {
  const placed = counter('orders_placed', 'Orders.');
  placed.add();
  assert.match(placed.expose(), /^orders_placed_total 1$/m);
});

test('the buckets of a histogram are cumulative and end with everything', () => {
  const seconds = histogram('http_request_seconds', 'Time.');
  for (const value of [0.001, 0.005, 0.3, 60]) seconds.observe({ route: '/' }, value);
  const lines = seconds.expose().split('\n');
  assert.ok(lines.includes('# TYPE http_request_seconds histogram'));
  assert.ok(lines.includes('# UNIT http_request_seconds seconds'));
  assert.ok(lines.includes('http_request_seconds_bucket{route="/",le="0.005"} 2'));
  assert.ok(lines.includes('http_request_seconds_bucket{route="/",le="0.25"} 2'));
  assert.ok(lines.includes('http_request_seconds_bucket{route="/",le="0.5"} 3'));
  assert.ok(lines.includes('http_request_seconds_bucket{route="/",le="1.0"} 3'));
  assert.ok(lines.includes('http_request_seconds_bucket{route="/",le="+Inf"} 4'));
  assert.ok(lines.includes('http_request_seconds_count{route="/"} 4'));
  assert.ok(lines.includes('http_request_seconds_sum{route="/"} 60.306'));
});

test('a label may hold a quote, a backslash or a new line', () => {
  const odd = counter('odd', 'Odd.');
  odd.add({ value: 'a"b\\c\nd' });
  assert.match(odd.expose(), /odd_total\{value="a\\"b\\\\c\\nd"\} 1/);
});

test('an exposition ends with its mark, also when it is empty', () => {
  assert.equal(expose([]), '# EOF\n');
  assert.ok(expose([counter('a', 'A.')]).endsWith('# HELP a A.\n# EOF\n'));
});
