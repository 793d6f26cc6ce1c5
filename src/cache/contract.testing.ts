import assert from 'node:assert/strict';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { digestOf } from '../foundation/digest.ts';
import { inFrontOf, type Cache } from './cache.ts';

/** What every cache promises. @param open an empty one of `mostBytes` in a folder of the test's own. */
export function cacheContract(open: (mostBytes: number, folder: string) => Cache): void {
  const quiet = (): void => {};
  const scene = (t: TestContext, mostBytes = 1_000_000) => {
    const folder = mkdtempSync(join(tmpdir(), 'cache-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    return { folder, file, cache: open(mostBytes, join(folder, 'kept')) };
  };
  const key = digestOf('a');

  test('nothing is found before it is kept', async (t) => {
    assert.equal(await scene(t).cache.find(key, quiet), undefined);
  });

  test('a value is found as it was kept, and a later one takes its place', async (t) => {
    const { cache } = scene(t);
    assert.equal(await cache.keep(key, { at: 7, value: { a: [1, null, 'ö'] } }), true);
    assert.deepEqual(await cache.find(key, quiet), { at: 7, value: { a: [1, null, 'ö'] }, files: undefined });
    await cache.keep(key, { at: 8, value: 'new' });
    assert.equal((await cache.find(key, quiet))?.value, 'new');
    assert.equal(await cache.find(digestOf('b'), quiet), undefined);
  });

  test('the bytes beside a value come back, and are its own', async (t) => {
    const { cache, file, folder } = scene(t);
    const from = file('from', 'bytes\n'.repeat(1_000));
    await cache.keep(key, { at: 1, value: 1 }, createReadStream(from));
    file('from', 'others');
    const kept = await cache.find(key, quiet);
    assert.equal(kept?.files?.size, 6_000);
    assert.equal(await kept?.files?.copyTo(join(folder, 'to')), true);
    assert.equal(readFileSync(join(folder, 'to'), 'utf8'), 'bytes\n'.repeat(1_000));
  });

  test('what is larger than all that may be kept is not kept, and drives nothing out', async (t) => {
    const { cache, file } = scene(t, 2_000);
    await cache.keep(key, { at: 1, value: 'small' });
    assert.equal(await cache.keep(digestOf('b'), { at: 1, value: 1 }, createReadStream(file('large', 'x'.repeat(2_001)))), false);
    assert.equal(await cache.find(digestOf('b'), quiet), undefined);
    assert.equal((await cache.find(key, quiet))?.value, 'small');
  });

  test('what was not looked for the longest goes first', async (t) => {
    const { cache, file } = scene(t, 10_000);
    const names = ['a', 'b', 'c'].map((name) => digestOf(name));
    for (const name of names) {
      await cache.keep(name, { at: 1, value: 1 }, createReadStream(file('some', 'x'.repeat(3_000))));
      await passed();
    }
    await cache.find(names[0]!, quiet);
    await passed();
    await cache.keep(digestOf('d'), { at: 1, value: 1 }, createReadStream(file('some', 'x'.repeat(3_000))));
    const left = await Promise.all(names.map(async (name) => (await cache.find(name, quiet)) !== undefined));
    assert.deepEqual(left, [true, false, true]);
  });

  test('many that keep and find at once get whole entries or none', async (t) => {
    const { cache, file, folder } = scene(t);
    const sources = ['x', 'y', 'z'].map((letter) => file(letter, letter.repeat(50_000)));
    await Promise.all(Array.from({ length: 12 }, (_, index) => cache.keep(key, { at: index, value: index % 3 }, createReadStream(sources[index % 3]!))));
    await Promise.all(Array.from({ length: 12 }, async (_, index) => {
      const to = join(folder, `to-${index}`);
      const kept = await cache.find(key, quiet);
      assert.equal(await kept?.files?.copyTo(to), true);
      assert.equal(readFileSync(to, 'utf8'), 'xyz'[Number(kept?.value)]!.repeat(50_000));
    }));
  });

  test('whoever looks in two keeps in his own alone', async (t) => {
    const [mine, theirs] = [scene(t).cache, scene(t).cache];
    await theirs.keep(key, { at: 1, value: 'theirs' });
    const both = inFrontOf(mine, theirs);
    assert.equal((await both.find(key, quiet))?.value, 'theirs');
    await both.keep(key, { at: 2, value: 'mine' });
    assert.equal((await both.find(key, quiet))?.value, 'mine');
    assert.equal((await theirs.find(key, quiet))?.value, 'theirs');
  });
}

/** Until the file system's clock, by which age is told, has moved on. */
function passed(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
