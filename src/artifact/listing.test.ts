import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { packageImage } from './image.ts';
import { contentOf, differences, listingOf, requireContent } from './listing.ts';
import { memoryStore } from './memory/store.testing.ts';
import { unpack } from './unpack.ts';

async function release(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'listing-'));
  t.after(() => spawnSync('rm', ['-rf', '--', root]));
  mkdirSync(join(root, 'from/lib'), { recursive: true });
  writeFileSync(join(root, 'from/run'), 'run', { mode: 0o755 });
  writeFileSync(join(root, 'from/lib/a.js'), 'a');
  writeFileSync(join(root, 'from/empty'), '');
  const store = memoryStore();
  const { manifest } = await packageImage(store, { root: join(root, 'from'), files: ['run', 'lib', 'empty'], annotations: {} });
  const folder = join(root, 'to');
  const { listing } = await unpack(store, manifest.digest, folder);
  return { folder, listing, content: contentOf(listing) };
}

const altered = (thrown: Error & { record?: { code: string } }): boolean => thrown.record?.code === 'RELEASE_ALTERED';

test('what was unpacked is what the layer holds, by the digests of the bytes as they were verified', async (t) => {
  const made = await release(t);
  await requireContent(made);
  assert.deepEqual([...made.listing.keys()].toSorted(), ['empty', 'lib/a.js', 'run']);
  assert.deepEqual(differences(made.listing, await listingOf(made.folder)), []);
});

const changes: { readonly [what: string]: readonly [change: (folder: string) => void, named: RegExp] } = {
  'other bytes': [(folder) => overwrite(join(folder, 'lib/a.js'), 'b'), /^lib\/a\.js was changed$/],
  'a file more': [(folder) => writeFileSync(join(folder, 'lib/b.js'), ''), /^lib\/b\.js was added$/],
  'a file less': [(folder) => rmSync(join(folder, 'empty')), /^empty is missing$/],
  'another mode': [(folder) => chmodSync(join(folder, 'empty'), 0o555), /^empty was changed$/],
};
for (const [what, [change, named]] of Object.entries(changes)) {
  test(`${what} in the unpacked folder is refused, and the file is named`, async (t) => {
    const made = await release(t);
    change(made.folder);
    await assert.rejects(requireContent(made), altered);
    assert.match(differences(made.listing, await listingOf(made.folder)).join(), named);
  });
}

test('a link in the place of a file is refused', async (t) => {
  const made = await release(t);
  rmSync(join(made.folder, 'empty'));
  symlinkSync('/dev/null', join(made.folder, 'empty'));
  await assert.rejects(requireContent(made), altered);
});

function overwrite(path: string, text: string): void {
  chmodSync(path, 0o644);
  writeFileSync(path, text);
}
