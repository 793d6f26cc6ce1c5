import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { processesNaming } from '../../rig/processes.ts';
import { SmallDisk } from '../../rig/small-disk.ts';
import { Story } from '../../rig/story.ts';
import { until } from '../../rig/waiting.ts';

const FULL = /(disk|device).*(full|space).*\n {2}\S/i;

test('a full disk is said to be full, leaves nothing half-done, and everything goes on when there is room', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tl-small-')));
  const disk = await SmallDisk.mounted(join(folder, 'state'), 24);
  try {
    await Story.told(async (story) => {
      story.kiosk({ number: 1 });
      disk.fill(0);
      const none = await story.ask(['run']);
      assert.equal(none.code, 1, none.err);
      assert.match(none.err, FULL);
      disk.clear();
      const waits = await story.ask(['run']);
      assert.equal(waits.code, 4, `${waits.out}${waits.err}`);
      const { run } = await story.show();

      disk.fill(0);
      const approve = await story.ask(['approve', run]);
      assert.equal(approve.code, 1, approve.err);
      assert.match(approve.err, FULL);
      assert.deepEqual((await story.show()).approval!.given, [], 'an approval that could not be kept was not given');
      disk.clear();
      assert.equal((await story.ask(['approve', run])).code, 0);
      const goes = await story.ask(['run', '--wait']);
      assert.equal(goes.code, 0, `${goes.out}${goes.err}`);

      // Room for what is built, and not for its package beside it.
      story.kiosk({ number: 2, fields: {
        'build.code': "sh('node tools/build.mjs && head -c 3000000 /dev/urandom > dist/large')",
        'build.unitTests': "sh('sleep 3; node tools/test.mjs unit', { junit: 'reports/unit.xml' })", // the package is the first to lack room
      } });
      const before = disk.files('artifacts/blobs');
      disk.fill(5_000_000);
      const lacks = await story.ask(['run']);
      assert.equal(lacks.code, 1, `${lacks.out}${lacks.err}`);
      const shown = await story.show();
      assert.match(shown.reason!, /build\.package: .*(full|space)/);
      assert.ok(shown.error!.hint);
      assert.deepEqual([disk.files('artifacts/staging'), disk.files('artifacts/blobs'), disk.files('work')], [[], before, []]);
      disk.clear();
      const again = await story.ask(['retry', shown.run]);
      assert.equal(again.code, 4, `${again.out}${again.err}`);
      assert.equal((await story.ask(['verify', shown.run])).code, 0);
      assert.equal((await story.ask(['reject', shown.run, '--reason', 'enough'])).code, 0);
      assert.equal((await story.ask(['run'])).code, 5);
    }, { state: disk.folder, through: disk.through });
  } finally {
    await disk.unmounted();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a region whose stable port another program has taken says so, and has it back when it is free', () => Story.told(async (story) => {
  story.kiosk({ number: 1 });
  const first = await story.ask(['run']);
  assert.equal(first.code, 4, first.err);
  const [beta] = await story.env('beta');
  const port = Number(new URL(beta!.url!).port);
  // As after a power cut: everything of the region is dead, and somebody else was first.
  for (const { pid } of processesNaming(join(story.state, 'environments/beta'))) killed(pid);
  await until('the port is free', async () => ((await answers(port)) ? undefined : true));
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  try {
    const dead = (await story.env('beta'))[0]!;
    assert.deepEqual([dead.url, dead.releases[0]!.healthy], [beta!.url, 0], 'it is shown as it is');
    assert.equal((await story.ask(['reject', (await story.show()).run, '--reason', 'make way'])).code, 0);
    story.kiosk({ number: 2 });
    const taken = await story.ask(['run']);
    assert.equal(taken.code, 1, `${taken.out}${taken.err}`);
    const { reason, error } = await story.show();
    assert.match(reason!, new RegExp(`beta\\..*${port}`));
    assert.ok(error!.hint, reason!);
  } finally {
    other.close();
    await once(other, 'close');
  }
  const again = await story.ask(['retry', (await story.show()).run]);
  assert.equal(again.code, 4, `${again.out}${again.err}`);
  const back = (await story.env('beta'))[0]!;
  assert.deepEqual([back.url, back.releases[0]!.healthy], [beta!.url, 1]);
}));

/** One that ended with another is as dead. */
function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH');
  }
}

test('a state folder may lie deeper than the name of a socket may be long', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tl-deep-')));
  try {
    await Story.told(async (story) => {
      story.kiosk({ number: 1 });
      const up = story.begin(['up']);
      const run = (await up.says(/(\S+) WAITS FOR APPROVAL/))[1]!;
      const approved = await story.ask(['approve', run]);
      assert.equal(approved.code, 0, approved.err);
      assert.doesNotMatch(approved.out, /no host lives here/, 'the living host was found');
      assert.match((await up.says(new RegExp(`${run} (SUCCEEDED|FAILED)`)))[0], /SUCCEEDED/);
      assert.equal((await fetch((await story.env('prod'))[0]!.url!)).status, 200);
      assert.equal((await up.end()).code, 0);
    }, { state: join(folder, ...Array.from({ length: 8 }, (_, index) => `a-folder-that-lies-deep-in-another-${index}`)) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(() => true, () => false);
}
