import assert from 'node:assert/strict';
import { test } from 'node:test';
import { json } from './answer.ts';
import { unlessKnown } from './etag.ts';

const answer = json(200, { books: [] });

test('an answer carries a mark of its content', () => {
  const first = unlessKnown(answer, undefined);
  assert.equal(first.status, 200);
  assert.equal(first.headers['etag'], unlessKnown(json(200, { books: [] }), undefined).headers['etag']);
  assert.notEqual(first.headers['etag'], unlessKnown(json(200, { books: [1] }), undefined).headers['etag']);
});

test('who has the answer already gets none', () => {
  const { etag } = unlessKnown(answer, undefined).headers;
  for (const mark of [etag!, `"other", W/${etag}`, '*']) assert.deepEqual({ status: 304, body: '' }, (({ status, body }) => ({ status, body }))(unlessKnown(answer, mark)));
  assert.equal(unlessKnown(answer, '"other"').status, 200);
});
