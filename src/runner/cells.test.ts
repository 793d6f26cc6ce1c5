import { openCells } from './cells.ts';
import { cellContract } from './contract.testing.ts';
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';

const machine = openCells({ records: tmpdir(), marker: 'trial', npmrc: '' });

cellContract('isolation none', { isolation: 'none' });
if (machine.isolation === 'namespaces') cellContract('namespaces', {});

test('where cells are not sealed, it is said why', () => {
  assert.equal(openCells({ records: tmpdir(), marker: 'trial', npmrc: '', isolation: 'none' }).isolation, 'none');
  assert.equal(machine.isolation === 'none', machine.weakness !== undefined);
});
