import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseUnavailable, isConnectionLoss, openDatabase } from './database.ts';
import { jsonLog } from '../telemetry/log.ts';

const settings = { connections: 1, connectTimeoutMs: 500, statementTimeoutMs: 500, retryForMs: 100 };

test('a lost connection is told from an answer that we did not like', () => {
  assert.equal(isConnectionLoss(Object.assign(new Error('starting up'), { code: '57P03' })), true);
  assert.equal(isConnectionLoss(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })), true);
  assert.equal(isConnectionLoss(new Error('Connection terminated unexpectedly')), true);
  assert.equal(isConnectionLoss(Object.assign(new Error('duplicate key'), { code: '23505' })), false);
  assert.equal(isConnectionLoss('nothing'), false);
});

test('opening needs no database, asking does and says so after its retries', async () => {
  const database = openDatabase('postgres://nobody@127.0.0.1:1/none', settings, jsonLog(() => {}));
  await assert.rejects(database.rows('SELECT 1'), DatabaseUnavailable);
  await database.close();
});
