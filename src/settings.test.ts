import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrunklineError } from './foundation/errors.ts';
import { withRemote } from './settings.ts';

const settings = { application: 'orders', trunk: 'main' };

test('the remote that is there at the first start is settled, also that there is none', () => {
  assert.deepEqual(withRemote(settings, 'https://example.org/orders.git', 'pipeline.json'), { ...settings, remote: 'https://example.org/orders.git' });
  assert.deepEqual(withRemote(settings, undefined, 'pipeline.json'), { ...settings, remote: null });
});

for (const [before, now] of [['https://example.org/a', 'https://example.org/b'], ['https://example.org/a', undefined], [null, 'https://example.org/b']] as const) {
  test(`a remote that was ${before} and is ${now} is refused with the line that settles it`, () => {
    assert.throws(() => withRemote({ ...settings, remote: before }, now, '/state/pipeline.json'), ({ record }: TrunklineError) =>
      record.code === 'REMOTE_CHANGED' && record.hint!.includes(`"remote": ${JSON.stringify(now ?? null)} to /state/pipeline.json`));
  });
}
