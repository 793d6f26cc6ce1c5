import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonLog } from './log.ts';

test('each line is one object, also when the message has new lines', () => {
  const lines: string[] = [];
  const log = jsonLog((line) => lines.push(line), () => new Date('2026-03-01T12:00:00Z'));
  log.info('listening\nhere', { port: 8080 });
  log.error('failed', new Error('no'), { route: '/' });
  assert.equal(lines.length, 2);
  assert.ok(lines.every((line) => line.indexOf('\n') === line.length - 1));
  assert.deepEqual(JSON.parse(lines[0]!), { at: '2026-03-01T12:00:00.000Z', level: 'info', message: 'listening\nhere', port: 8080 });
  assert.match(JSON.parse(lines[1]!).error, /^Error: no\n/);
});
