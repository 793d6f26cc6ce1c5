import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isolationHere } from '../../src/environment/process/regional.ts';
import { triedEverywhere } from '../isolation/places.ts';
import { marks, tableOf, toldBy, withTable } from '../isolation/table.ts';
import { product } from '../rig/product.ts';

const skip = isolationHere() === 'none' && 'no namespaces here';

test('the page on isolation says what each kind of code can do, as it was tried here', { skip }, async (t) => {
  const tried = await triedEverywhere(t);
  const words = Object.fromEntries(Object.entries(tried).map(([place, what]) => [place, Object.fromEntries(Object.entries(what).map(([key, can]) => [key, can ? 'yes' : 'no']))]));
  const page = readFileSync(join(product, 'docs', 'explanation', 'isolation.md'), 'utf8');
  assert.deepEqual(words, toldBy(page, process.geteuid?.() === 0 ? 'root' : 'user'), 'write it anew with: node scripts/isolation.ts');

  // What it would say of walls that do not hold is not what it says.
  const open = { ...tried, instance: { ...tried.instance, 'read state': true } };
  const said = toldBy(withTable(page, tableOf({ root: open, user: tried })), 'root');
  assert.equal(said['instance']?.['read state'], 'yes');
  assert.equal(toldBy(`${marks.begin}\n${tableOf({ root: open, user: tried })}\n${marks.end}`, 'user')['instance']?.['read state'], 'no');
});
