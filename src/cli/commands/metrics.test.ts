import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Session } from '../command.ts';
import type { Product } from '../product.ts';
import { terminal } from '../report/fixture.testing.ts';
import { metrics } from './metrics.ts';

async function asked(from: string): Promise<{ readonly from: number }> {
  const { terminal: screen, out } = terminal();
  const product = { events: () => [] } as unknown as Product;
  const session: Session = { terminal: screen, json: true, signal: new AbortController().signal, product: async () => product, desk: () => Promise.reject(new Error('no desk')) };
  await metrics(session, { from, to: '2026-12-01T00:00:00Z' });
  return JSON.parse(out()) as { readonly from: number };
}

test('a time that names no zone is of UTC, wherever the machine stands', async (t) => {
  const zone = process.env['TZ'];
  t.after(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });
  process.env['TZ'] = 'America/New_York';
  const ten = Date.UTC(2026, 10, 23, 10);
  for (const text of ['2026-11-23T10:00:00', '2026-11-23T10:00:00Z', '2026-11-23T10:00', '2026-11-23T05:00:00-05:00', String(ten)]) assert.equal((await asked(text)).from, ten, text);
  assert.equal((await asked('2026-11-23')).from, Date.UTC(2026, 10, 23));
});
