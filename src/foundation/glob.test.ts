import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { globBase, globMatcher, meantBy } from './glob.ts';

const globMatches = (pattern: string, path: string): boolean => globMatcher([pattern])(path);

const cases: readonly (readonly [pattern: string, path: string, matches: boolean])[] = [
  ['a/b', 'a/b', true], ['a/b', 'a/bc', false], ['a', 'a/b/c', true], ['a/', 'a/b', true], ['./a', 'a', true],
  ['*.js', 'a.js', true], ['*.js', '.a.js', true], ['*.js', 'd/a.js', false], ['*', 'a/b', false],
  ['**/*.js', 'a.js', true], ['**/*.js', 'd/e/a.js', true], ['dist/**', 'dist/a/.b', true], ['dist/**', 'dist2/a', false], ['dist/**/x', 'dist/x', true],
  ['a?c', 'abc', true], ['a?c', 'a/c', false], ['{a,b}/*.{x,y}', 'b/1.y', true], ['{a,b}/*.{x,y}', 'c/1.y', false],
  ['a[1]', 'a[1]', true], ['a[1]', 'a1', false], ['a.b', 'axb', false], ['**', '.x/y', true], ['A', 'a', false],
];
for (const [pattern, path, matches] of cases) {
  test(`${pattern} ${matches ? 'means' : 'does not mean'} ${path}`, () => assert.equal(globMatches(pattern, path), matches));
}

test('any path is meant by itself and by **', () => {
  const name = fc.stringMatching(/^[a-z.\-_ ü]{1,8}$/).filter((text) => text !== '.');
  fc.assert(fc.property(fc.array(name, { minLength: 1, maxLength: 6 }), (names) => {
    const path = names.join('/');
    return globMatches(path, path) && globMatches('**', path) && globMatches(names.map(() => '*').join('/'), path);
  }));
});

test('a pattern made to explode is answered like any other', () => {
  assert.equal(globMatches(`${'*a'.repeat(100)}*b`, 'a'.repeat(5_000)), false);
  assert.equal(globMatches(`${'**/a/'.repeat(100)}b`, 'a/'.repeat(300)), false);
  assert.throws(() => globMatches('{a,b}'.repeat(20), 'a'), tooCostly);
});

test('the base of a pattern is what stands before its first joker', () => {
  assert.deepEqual(['dist/**', 'a/b', '**/x', './db/*/x', '{a,b}/c'].map(globBase), ['dist', 'a/b', '', 'db', '']);
});

const tooCostly = (thrown: Error & { record?: { code: string } }): boolean => thrown.record?.code === 'PATTERN_TOO_COSTLY';

test('two hundred jokers and thirty thousand names are answered within the budget of one matcher', async () => {
  const names = Array.from({ length: 30_000 }, (_, index) => `src/${'a'.repeat(100)}/${'a'.repeat(100)}${index}`);
  const patterns = ['**/' + '*a'.repeat(200) + 'b', '**/'.repeat(200) + 'b', '*'.repeat(200) + 'b', `**/${'*a?'.repeat(60)}b`];
  for (const pattern of patterns) assert.deepEqual(await meantBy([pattern], names), []);
  assert.equal((await meantBy(['**/a*', '*/a*/*'], names)).length, 30_000);
});

test('what would take longer than the budget is refused and not carried out', async () => {
  const names = Array.from({ length: 30_000 }, () => 'a'.repeat(4_000));
  await assert.rejects(meantBy([`*${'a'.repeat(1_000)}?b*`], names), tooCostly);
  const folders = Array.from({ length: 30_000 }, () => 'a/'.repeat(2_000));
  await assert.rejects(meantBy([`**/${'?/'.repeat(1_000)}b`], folders), tooCostly);
  assert.throws(() => globMatcher([`{${','.repeat(100)}}{${','.repeat(4_000)}}`]), tooCostly);
  assert.throws(() => globMatcher(Array.from({ length: 256 }, () => `{${','.repeat(200)}}`)), tooCostly);
  assert.throws(() => globMatcher(['a'.repeat(5_000)]), tooCostly);
});

test('the event loop goes on while many paths are compared', async () => {
  const names = Array.from({ length: 2_000 }, () => 'a'.repeat(4_000));
  let turns = 0;
  const counting = setInterval(() => void (turns += 1), 1);
  await meantBy([`*${'a?'.repeat(20)}b*`], names).catch(() => undefined);
  clearInterval(counting);
  assert.ok(turns > 0, 'no timer had its turn');
});
