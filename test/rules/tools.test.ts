import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { page, toolsPage } from '../../scripts/reference.ts';
import { rows } from '../../src/catalogue/rows.ts';
import { formats } from '../../src/reports/formats.ts';
import { billTools, standardTools, testTools } from '../../src/reports/tools.ts';

const references = [...Object.values(formats).map(({ reference }) => reference), ...testTools, ...standardTools, ...billTools];

test('the page of tools is what the readers say of themselves', () => {
  assert.equal(readFileSync(page, 'utf8'), toolsPage(), 'write it anew with: node scripts/reference.ts');
});

test('every tool serves rows of the specification', () => {
  const known = new Set<string>(rows.map(({ id }) => id));
  assert.deepEqual(references.flatMap(({ tool, rows: served }) => served.filter((row) => !known.has(row)).map((row) => `${tool}: ${row}`)), []);
});
