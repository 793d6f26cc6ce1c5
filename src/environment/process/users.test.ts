import assert from 'node:assert/strict';
import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { region } from '../contract.testing.ts';
import { layout, type Layout } from './layout.ts';
import { usersOf } from './users.ts';

const skip = process.geteuid?.() !== 0 && 'only root gives numbers';
const SOMEBODY = 1_234;
const OURS = { data: 60_710, cluster: 60_711 };

/** A region whose folders belong to these users. */
async function left(t: TestContext, owner: { readonly data: number; readonly cluster: number }): Promise<Layout> {
  const root = await mkdtemp(join(tmpdir(), 'trunkline-users-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const here = layout(join(root, region.environment, region.region), region);
  const cluster = join(here.database, 'cluster');
  for (const [path, uid] of [[here.data, owner.data], [cluster, owner.cluster]] as const) {
    await mkdir(path, { recursive: true });
    await chown(path, uid, uid);
  }
  return here;
}

test('a region that lost the record of its users knows them by their files', { skip }, async (t) => {
  const users = await usersOf(await left(t, OURS));
  assert.deepEqual([users?.application.uid, users?.database.uid], [OURS.data, OURS.cluster]);
});

test('what an ordinary user left makes no region run as that user', { skip }, async (t) => {
  const here = await left(t, { data: SOMEBODY, cluster: SOMEBODY });
  const users = await usersOf(here);
  assert.ok(users);
  assert.equal([users.application.uid, users.database.uid].includes(SOMEBODY), false);
  assert.deepEqual(await usersOf(here), users, 'chosen once');
});
