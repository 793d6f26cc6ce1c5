import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test, type TestContext } from 'node:test';
import { openCells } from './cells.ts';
import { type Place, placeFor, run } from './fixture.testing.ts';
import { marked } from '../sandbox/processes.ts';

const SLEEPER = 'setsid sh -c "trap \\"\\" TERM HUP; while :; do sleep 0.05; done" & echo begun; sleep 98764';

/** A host of its own process, that runs a sleeper in a cell and says when. */
const HOST = `
import { openCells } from ${JSON.stringify(new URL('./cells.ts', import.meta.url).href)};
const [records, marker, workdir, isolation] = process.argv.slice(1);
const cells = openCells({ records, marker, npmrc: '', ...(isolation === 'none' ? { isolation } : {}) });
const cell = await cells.open({ id: 'run/beta-1', workdir, hidden: [marker] });
const log = { write: (chunk) => console.log(String(chunk).trim()), lastLines: () => [], close: async () => {} };
await cell.run({ attempt: 'orphan', command: ${JSON.stringify(SLEEPER)}, timeout: 3_600_000, signal: new AbortController().signal, log });
`;

async function diedHost(context: TestContext, isolation: 'none' | 'namespaces'): Promise<Place> {
  const place = await placeFor(context, isolation === 'none' ? { isolation } : {});
  const host = spawn(process.execPath, ['--input-type=module', '--eval', HOST, place.records, place.state, place.workdir, isolation], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(host.stdout)) if (line === 'begun') break;
  host.kill('SIGKILL');
  await once(host, 'exit');
  return place;
}

const orphans = (place: Place): Promise<readonly number[]> => marked((environment) => environment.get('TRUNKLINE_ATTEMPT') === 'orphan' && (environment.get('HOME') ?? '').startsWith(place.state));

const machine = openCells({ records: '/nowhere', marker: 'trial', npmrc: '' });
for (const isolation of machine.isolation === 'namespaces' ? ['namespaces', 'none'] as const : ['none'] as const) {
  describe(`a host that is killed, with isolation ${isolation}`, () => {
    test('leaves nothing that runs once the next has reaped, nor anything on disk', async (context) => {
      const place = await diedHost(context, isolation);
      const living = await place.cells.reap();
      assert.deepEqual(await orphans(place), []);
      assert.deepEqual(await readdir(place.records), []);
      if (isolation === 'none') assert.ok(living >= 2, 'the processes were still there');
      assert.equal(await place.cells.reap(), 0);
    });

    test('leaves its cell to be opened anew by the next, which proves the old one dead first', async (context) => {
      const place = await diedHost(context, isolation);
      if (isolation === 'none') await place.cells.reap();
      const cell = await place.open('run/beta-1');
      assert.equal((await run(cell, 'echo anew')).output, 'anew\n');
      assert.deepEqual(await orphans(place), []);
    });
  });
}

test('a record is not believed when the number has come to another process, or the machine has started again', { skip: process.platform !== 'linux' && 'no /proc here' }, async (context) => {
  const { cells, records } = await placeFor(context);
  const bystander = spawn('sleep', ['98763']);
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  for (const [name, record] of Object.entries({
    'cell-reused': { pid: bystander.pid, started: '1', boot },
    'cell-restarted': { pid: bystander.pid, started: (await readFile(`/proc/${bystander.pid}/stat`, 'utf8')).split(' ')[21], boot: 'another' },
  })) {
    await mkdir(join(records, name), { recursive: true });
    await writeFile(join(records, name, 'cell.json'), JSON.stringify(record));
  }
  await mkdir(join(records, 'cell-half'));
  await writeFile(join(records, 'cell-half', 'cell.json'), '{"pid":');
  assert.equal(await cells.reap(), 0);
  assert.equal(bystander.exitCode ?? bystander.signalCode, null);
  assert.deepEqual(await readdir(records), []);
  bystander.kill();
  await once(bystander, 'exit');
});
