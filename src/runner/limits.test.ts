import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, test } from 'node:test';
import { makeGroup } from '../sandbox/control-group.ts';
import { DEFAULT_LIMITS, type Limited } from '../sandbox/limits.ts';
import { openCells } from './cells.ts';
import { placeFor, run } from './fixture.testing.ts';

const sealed = openCells({ records: tmpdir(), marker: 'trial', npmrc: '' }).isolation === 'namespaces';
const MIB = 1024 ** 2;

/** Whether control groups hold it here; else limits of each process do, which tell nobody. */
async function isHeld(what: Limited): Promise<boolean> {
  const group = await makeGroup(`trunkline-test-${process.pid}-${what}`, DEFAULT_LIMITS);
  await group?.remove();
  return group?.held.includes(what) ?? false;
}

describe('a cell with limits', { skip: !sealed && 'no namespaces here' }, () => {
  test('ends what takes more memory, and says which limit that was', async (context) => {
    const cell = await (await placeFor(context, { limits: { memory: 192 * MIB } })).open();
    const hog = "const held = []; for (let i = 0; i < 64; i += 1) held.push(Buffer.alloc(16 * 1024 * 1024, 1)); console.log('HELD')";
    const { code, output, hit } = await run(cell, ['node', '-e', hog]);
    assert.notEqual(code, 0);
    assert.doesNotMatch(output, /HELD/);
    if (await isHeld('memory')) assert.equal(hit, '192 MiB of memory');
    assert.equal((await run(cell, 'echo fine')).output, 'fine\n', 'the next has its memory');
  });

  test('lets a fork bomb have its processes and no more, and the machine goes on', async (context) => {
    const cell = await (await placeFor(context, { limits: { processes: 80 } })).open();
    const bomb = 'i=0; while [ $i -lt 400 ]; do i=$((i+1)); sleep 86398.0321 & done; echo ALL';
    const { output, hit } = await run(cell, ['sh', '-c', bomb], { timeout: 60_000 });
    assert.match(output, /fork/i);
    assert.doesNotMatch(output, /ALL/);
    if (await isHeld('processes')) assert.equal(hit, '80 processes');
    assert.equal((await run(cell, 'echo fine')).output, 'fine\n', 'the next has its processes');
  });

  test('ends what fills the disk: with one file, or with many', async (context) => {
    const cell = await (await placeFor(context, { limits: { disk: 24 * MIB } })).open();
    const large = await run(cell, 'head -c 60000000 /dev/zero > large; echo "ended with $?"; rm large');
    assert.match(large.output, /ended with [1-9]/);
    const many = await run(cell, 'i=0; while [ $i -lt 30 ]; do i=$((i+1)); head -c 4000000 /dev/urandom > part-$i; done; sleep 60; echo ALL', { timeout: 60_000 });
    assert.doesNotMatch(many.output, /ALL/);
    assert.match(many.hit ?? '', /24 MiB of disk/);
  });

  test('says nothing of limits that nobody came near', async (context) => {
    const cell = await (await placeFor(context)).open();
    assert.equal((await run(cell, 'exit 3')).hit, undefined);
  });
});
