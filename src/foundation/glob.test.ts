import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { globBase, globMatches } from './glob.ts';

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
  assert.throws(() => globMatches('{a,b}'.repeat(20), 'a'), RangeError);
});

test('the base of a pattern is what stands before its first joker', () => {
  assert.deepEqual(['dist/**', 'a/b', '**/x', './db/*/x', '{a,b}/c'].map(globBase), ['dist', 'a/b', '', 'db', '']);
});
