import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { actionContext } from '../../actions/fixture.testing.ts';
import { installedFiles, Staging } from '../../actions/package/staging.ts';
import { prepareWorkdir } from '../../actions/preparation.ts';
import { removeStale } from '../../actions/stale.ts';
import { listingOf } from '../../artifact/listing.ts';
import { memoryCache } from '../../cache/memory/cache.testing.ts';
import { digestOf } from '../../foundation/digest.ts';
import { errorRecord } from '../../foundation/errors.ts';
import { race } from '../../foundation/racer.testing.ts';
import { removeFolder } from '../../foundation/removal.ts';
import { readCoverage } from '../../reports/coverage.ts';
import { readFindings } from '../../reports/formats.ts';
import { readJUnitReports } from '../../reports/junit.ts';
import { contentsOfFolder } from '../../source/contents.ts';
import { trackedInFolder } from '../../source/folder/tracked.ts';
import { pack, unpack } from './bundle-of-files.ts';
import { everythingLeft, filesLeft } from './left.ts';

const MOST_TRIES = 25;
const SECRET = 'SECRET';
const JUNIT = (name: string): string => `<testsuite name="s"><testcase classname="c" name="${name}"/></testsuite>`;

/** The same names inside and elsewhere; only what is elsewhere speaks of the secret. */
function furnish(folder: string, word: string): void {
  mkdirSync(join(folder, 'sub/node_modules/a'), { recursive: true });
  mkdirSync(join(folder, 'node_modules/a'), { recursive: true });
  for (const [path, text] of Object.entries({
    'sub/file': word, 'sub/junit.xml': JUNIT(word), 'sub/lcov.info': `SF:sub/file\nDA:1,1\nend_of_record\n`, 'sub/tsc.txt': `sub/file(1,1): error TS1: ${word}\n`,
    'sub/node_modules/a/index.js': word, 'node_modules/a/index.js': word, 'package.json': '{}', 'sub/.trunkline-prepared': word,
  })) writeFileSync(join(folder, path), text);
}

/** Every place where the host itself touches files of a commit while its processes may live. */
type Place = (checkout: string, apart: string) => Promise<unknown>;
/** Where commands run in a cell, links lead nowhere; here they touch nothing, and the host's own part is what is tried. */
const inCell = (checkout: string) => ({ ...actionContext({ workdir: checkout }).context, exec: async () => ({ code: 0, signal: null, ended: 'by-itself' as const, duration: 0 }) });
const shut = async (): Promise<{ code: number; signal: null; ended: 'by-itself'; duration: number }> => ({ code: 0, signal: null, ended: 'by-itself', duration: 0 });

const places: { readonly [what: string]: Place } = {
  'what is stale is looked for': async (checkout) => removeStale(['sub/**', '**/junit.xml'], inCell(checkout)),
  'a preparation is marked': async (checkout) => prepareWorkdir('true', inCell(checkout)),
  'files are packaged': async (checkout, apart) => {
    await using staging = await Staging.make(apart);
    await staging.add(checkout, ['sub/file', 'sub/node_modules/a/index.js'], new AbortController().signal);
    return [...staging.files].map((path) => readFileSync(join(staging.folder, path), 'utf8'));
  },
  'an installation is listed': async (checkout) => installedFiles(checkout),
  'files are told apart by git\'s names': async (checkout) => [...await contentsOfFolder(checkout)].join(),
  'a folder is read as sources': async (checkout) => [...await trackedInFolder(checkout).read(['sub/file'], 1_000)].map(([, bytes]) => Buffer.from(bytes).toString()),
  'what a command left is listed': async (checkout) => [await everythingLeft(checkout, new Map([['sub/file', '100644 0']]), new Set()), await filesLeft(checkout, ['sub/**'])],
  'tests are read': async (checkout) => readJUnitReports(checkout, 'sub/*.xml', 'tests'),
  'findings are read': async (checkout) => readFindings(checkout, 'tsc', 'sub/*.txt'),
  'coverage is read': async (checkout) => readCoverage(checkout, 'sub/lcov.info', 'coverage'),
  'a release is compared': async (checkout) => [...(await listingOf(checkout)).values()],
  'files are bundled': async (checkout) => pack(checkout, ['sub'], shut, async (bytes) => bytes),
  'a bundle is put there': async (checkout) => {
    const cache = memoryCache(1_000);
    await cache.keep(digestOf('key'), { at: 0, value: 1 }, (async function* () { yield Buffer.from('bundle'); })());
    const kept = await cache.find(digestOf('key'), () => undefined);
    return kept?.files && unpack(checkout, kept.files, shut);
  },
};

/** Plain answers to a name that is something else at each look. */
const EXPECTED = new Set(['FILE_OUTSIDE', 'REPORT_MISSING', 'COVERAGE_MISSING', 'COVERAGE_EMPTY', 'PACKAGE_REFUSED', 'RELEASE_ALTERED', 'REPORT_INVALID', 'FOLDER_NOT_REMOVED']);
const isPlain = (error: unknown): boolean => EXPECTED.has(errorRecord(error).code) || ['ENOENT', 'ENOTDIR', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '');

function scene(t: TestContext): { readonly work: string; readonly checkout: string; readonly elsewhere: string; readonly apart: string } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'racing-')));
  t.after(() => spawnSync('rm', ['-rf', '--', root]));
  const [work, elsewhere, apart] = ['work', 'elsewhere', 'apart'].map((name) => join(root, name)) as [string, string, string];
  for (const folder of [work, elsewhere, apart]) mkdirSync(folder);
  furnish(join(work, 'checkout'), 'inside');
  furnish(elsewhere, SECRET);
  return { work, checkout: join(work, 'checkout'), elsewhere, apart };
}

const everything = async (folder: string): Promise<string> => JSON.stringify([...await listingOf(folder)].toSorted());

for (const [which, swapped, target] of [['a folder of the checkout', 'checkout/sub', 'sub'], ['the checkout itself', 'checkout', '']] as const) {
  test(`while ${which} is exchanged with a link all the time, nothing that the host does reads or writes elsewhere`, async (t) => {
    const { work, checkout, elsewhere, apart } = scene(t);
    const before = await everything(elsewhere);
    const { stop } = await race(t, join(work, swapped), join(work, 'other'), join(elsewhere, target));
    const done = new Map<string, number>();
    for (const [what, touch] of Object.entries(places)) {
      for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
        try {
          const answer = await touch(checkout, apart);
          assert.doesNotMatch(JSON.stringify(answer) ?? '', new RegExp(SECRET), what);
          assert.doesNotMatch(JSON.stringify(answer) ?? '', new RegExp(`${gitName(SECRET)}|${digestOf(SECRET)}`), what);
          done.set(what, (done.get(what) ?? 0) + 1);
        } catch (error) {
          if (!isPlain(error)) throw error;
        }
      }
    }
    await stop();
    assert.equal(await everything(elsewhere), before);
    t.diagnostic(`of ${MOST_TRIES} tries each: ${[...done].map(([what, count]) => `${what} ${count}`).join(', ')}`);
    assert.ok(done.size > 0, 'nothing ever came to its end');
  });
}

test('while a folder of it is exchanged with a link all the time, a workspace is removed, and nothing else', async (t) => {
  const { work, elsewhere } = scene(t);
  const before = await everything(elsewhere);
  const { stop } = await race(t, join(work, 'checkout/sub'), join(work, 'other'), elsewhere);
  for (let attempt = 0; attempt < 20; attempt += 1) await removeFolder(join(work, 'checkout')).catch((error: unknown) => assert.ok(isPlain(error), String(error)));
  await stop();
  await removeFolder(work);
  assert.equal(readdirSync(dirname(work)).includes('work'), false);
  assert.equal(await everything(elsewhere), before);
  rmSync(elsewhere, { recursive: true });
});

/** As {@link contentsOfFolder} would name it. */
function gitName(text: string): string {
  return spawnSync('git', ['hash-object', '--stdin'], { input: text, encoding: 'utf8' }).stdout.trim();
}
