import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { paint, text, Text } from './text.ts';

const ESC = '\u001b';

test('colour comes from our own code alone', () => {
  const line = text`${paint('red', `no${ESC}[32m!`)} ${`by ${ESC}[31mann`}`;
  assert.equal(line.rendered(true), `${ESC}[31mno!${ESC}[39m by ann`);
  assert.equal(line.rendered(false), 'no! by ann');
});

test('whatever is put in, where and how often, no control but our colours comes out', () => {
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(`${ESC}[2J`, `${ESC}]0;t\u0007`, '\u009b1A', '\u202e', '\r', '\n'));
  fc.assert(fc.property(value, value, fc.constantFrom('red', 'bold', 'dim'), (a, b, colour) => {
    const line = paint(colour, text`${a} ${paint('cyan', text`${b}${a}`)} ${b}`);
    // oxlint-disable-next-line no-control-regex
    const rest = line.rendered(true).replaceAll(/\u001b\[(?:1|2|22|31|36|39)m/g, '');
    // oxlint-disable-next-line no-control-regex
    assert.doesNotMatch(rest, /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
    assert.equal(rest, line.rendered(false));
  }), { numRuns: 1_000 });
});

test('a line is cut by columns, colours aside', () => {
  const line = text`${paint('red', 'abc')}defgh`;
  assert.equal(line.clipped(5).rendered(false), 'abcd…');
  assert.equal(line.clipped(8).rendered(false), 'abcdefgh');
  assert.equal(line.columns, 8);
});

test('wide letters and pictures take two columns, so that a line which fits is one line', () => {
  assert.equal(text`${'漢字'}`.columns, 4);
  assert.equal(text`${'👩‍💻 ok'}`.columns, 5);
  assert.equal(text`${'e\u0301'}`.columns, 1);
  assert.equal(text`${'漢字漢字'}`.clipped(6).rendered(false), '漢字…');
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (words, columns) => {
    assert.ok(text`${words}${paint('red', words)}`.clipped(columns).columns <= columns);
  }));
});

test('a coloured text that ends up in an ordinary string has lost its colour, and nothing else', () => {
  assert.equal(`${String(paint('red', 'x'))}`, 'x');
  assert.equal(Text.of(String(paint('red', `a${ESC}[2J`))).rendered(true), 'a<U+001B>[2J');
});
