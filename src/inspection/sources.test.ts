import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LARGEST_BYTES, textOf } from './sources.ts';

test('text is read, and what is no text or larger than a person writes is not', () => {
  assert.equal(textOf(Buffer.from('größe\n')), 'größe\n');
  assert.equal(textOf(Buffer.from([0x61, 0, 0x62])), undefined);
  assert.equal(textOf(Buffer.alloc(LARGEST_BYTES + 1, 'x')), undefined);
});
