import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { plain, plainDocument, plainJson } from './plain.ts';

const ESC = '\u001b';
// oxlint-disable-next-line no-control-regex -- what a terminal acts on, and what is not seen
const ACTED_ON = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800]/u;

test('words of any language, and pictures, stay as they are', () => {
  for (const text of ['plain', 'café 漢字 עברית العربية हिन्दी', '🚀 👩‍💻 ⚠️', 'a  b', '']) assert.equal(plain(text), text);
});

const attacks: { readonly [what: string]: readonly [string, string] } = {
  'a cursor that moves': [`fix${ESC}[2A${ESC}[2K`, 'fix<U+001B>[2A<U+001B>[2K'],
  'a write to the clipboard': [`a${ESC}]52;c;cm0=\u0007b`, 'a<U+001B>]52;c;cm0=<U+0007>b'],
  'a link': [`${ESC}]8;;http://evil${ESC}\\here`, '<U+001B>]8;;http://evil<U+001B>\\here'],
  'an overwriting carriage return': ['FAILED\rpassed', 'FAILED passed'],
  'a line of its own': ['a\nrun r-1 approved', 'a run r-1 approved'],
  'a control sequence of eight bits': ['a\u009b2Jb', 'a<U+009B>2Jb'],
  'a colour': [`${ESC}[31mred${ESC}[0m\u009b1m`, 'red'],
  'a colour that hides the beginning of another sequence': [`${ESC}${ESC}[0m[2J`, '<U+001B>[2J'],
  'marks that reorder': ['user\u202etxt.exe\u2066', 'user<U+202E>txt.exe<U+2066>'],
  'what takes no room': ['oper\u200bators\ufeff', 'oper<U+200B>ators<U+FEFF>'],
  'letters that are not seen': ['a\u3164\u115fb\u034f', 'a<U+3164><U+115F>b<U+034F>'],
  'a picture selector without a picture': ['ops\ufe0f\u200d', 'ops<U+FE0F><U+200D>'],
  'tags': ['a\u{e0041}', 'a<U+E0041>'],
  'line ends of other sorts': ['a\u2028b\u0085c\u000bd', 'a b c d'],
  'spaces that are none': ['a\u00a0b\u3000c', 'a b c'],
  'half a character': ['a\ud800b', 'a<U+D800>b'],
  'marks piled on a letter': [`e${'\u0301'.repeat(50)}x`, `e${'\u0301'.repeat(4)}x`],
};
for (const [what, [text, shown]] of Object.entries(attacks)) test(`${what} is shown and does nothing`, () => assert.equal(plain(text), shown));

const hostile = fc.string({ unit: fc.oneof(fc.constantFrom(ESC, '[', ']', ';', 'm', '0', '\u009b', '\u0007', '\r', '\n', '\u202e', '\u200d', '\ufe0f', '🚀', 'x', ' '), fc.nat(0x10ffff).map((code) => String.fromCodePoint(code))), maxLength: 60 });

test('whatever is written, what is shown acts on nothing, and showing it again changes nothing', () => {
  fc.assert(fc.property(hostile, (text) => {
    const shown = plain(text);
    const rest = shown.replaceAll(/(?<=\p{Extended_Pictographic})\ufe0f|(?<=\p{Extended_Pictographic}\ufe0f?)\u200d(?=\p{Extended_Pictographic})/gu, '');
    assert.doesNotMatch(rest, ACTED_ON);
    assert.equal(plain(shown), shown);
  }), { numRuns: 3_000 });
});

test('a value that is too long for a line is cut, and shows it', () => {
  const shown = plain('a'.repeat(1_000_000));
  assert.ok(shown.length < 5_000 && shown.endsWith('…'));
});

test('JSON of whatever is written is the same value in characters that do nothing', () => {
  fc.assert(fc.property(hostile, (text) => {
    const written = plainJson({ [text]: [text] });
    assert.doesNotMatch(written.replaceAll('\n', ''), ACTED_ON);
    assert.deepEqual(JSON.parse(written), { [text]: [text] });
  }), { numRuns: 1_000 });
});

test('a document keeps its lines and tabs, however long they are', () => {
  assert.equal(plainDocument(`a\tb\n${'x'.repeat(9_000)}\n${ESC}[2J\n`), `a\tb\n${'x'.repeat(9_000)}\n<U+001B>[2J\n`);
});
