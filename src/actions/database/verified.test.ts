import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../../foundation/digest.ts';
import { parseMigration } from './migration.ts';
import { requireVerified } from './verified.ts';

const sql = (change: string): string => `-- migrate:up\n${change}\n-- migrate:down\n`;
const one = parseMigration('1_one.sql', sql('create table a ()'));
const two = parseMigration('2_two.sql', sql('create table b ()'));
const listing = new Map([['db/migrations/1_one.sql', `- ${one.sha256}`], ['db/migrations/2_two.sql', `- ${two.sha256}`], ['db/migrations/old/0_zero.sql', '- x'], ['app.js', `x ${digestOf('')}`]]);
const altered = (thrown: Error & { record?: { code: string } }): boolean => thrown.record?.code === 'RELEASE_ALTERED' && /migration db\/migrations\//.test(thrown.message);

test('migrations that are those of the artifact may be applied, however their folder is written', () => {
  for (const directory of ['db/migrations', './db/migrations/']) requireVerified([one, two], directory, listing);
});

test('a migration that was changed, added or taken away since it was verified is refused', () => {
  const other = parseMigration('1_one.sql', sql('drop table a'));
  const more = parseMigration('3_three.sql', sql('drop table b'));
  for (const found of [[other, two], [one, two, more], [one]]) assert.throws(() => requireVerified(found, 'db/migrations', listing), altered);
});
