import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printable } from './printable.ts';

const ESC = '\u001b';

test('text, tabs and colours stay', () => {
  assert.equal(printable('plain\ttext, café, 漢字, 🚀'), 'plain\ttext, café, 漢字, 🚀');
  assert.equal(printable(`${ESC}[1;31mred${ESC}[0m`), `${ESC}[1;31mred${ESC}[0m`);
  assert.equal(printable(`${ESC}[38;5;208mor${ESC}[38;2;8;5;6mange${ESC}[m`), `${ESC}[38;5;208mor${ESC}[38;2;8;5;6mange${ESC}[m${ESC}[0m`);
});

test('a colour that the line leaves on is put off at its end', () => {
  assert.equal(printable(`${ESC}[41mloud`), `${ESC}[41mloud${ESC}[0m`);
});

const attacks: { readonly [name: string]: readonly [string, string] } = {
  'a link to javascript': [`see ${ESC}]8;;javascript:alert(1)${ESC}\\here${ESC}]8;;${ESC}\\.`, 'see here.'],
  'a write to the clipboard': [`a${ESC}]52;c;cm0gLXJmIH4=\u0007b`, 'ab'],
  'a title': [`${ESC}]0;owned\u0007done`, 'done'],
  'a string that never ends': [`a${ESC}]0;title`, 'a'],
  'a cursor that moves up to hide lines': [`${ESC}[1A${ESC}[2Kall well`, 'all well'],
  'an overwriting carriage return': ['FAILED\rpassed', 'FAILED passed'],
  'a line end from elsewhere': ['text\r', 'text'],
  bells: ['\u0007\u0007ding\u0007', 'ding'],
  'controls of eight bits': ['a\u009b2Jb\u009d0;t\u009cc\u0085d', 'abcd'],
  'a reset of the terminal': [`${ESC}cfresh`, 'fresh'],
  'another character set': [`${ESC}(0lqk`, 'lqk'],
  'concealed text': [`${ESC}[8mhidden`, 'hidden'],
  'text put in another order': ['user\u202Etxt.exe\u2066', 'usertxt.exe'],
  'an escape that joins what stands around another': [`${ESC}${ESC}[0m]0;title\u0007`, `${ESC}[0m]0;title${ESC}[0m`],
};
for (const [name, [line, shown]] of Object.entries(attacks)) {
  test(`${name} does not reach the terminal`, () => {
    assert.equal(printable(line), shown);
  });
}

test('whatever the line, only colours are left of what a terminal acts on', () => {
  const pieces = fc.constantFrom(ESC, '[', ']', '8', ';', 'm', 'A', '\u0007', '\u009b', '\u009d', '\u009c', '\\', '\r', '\n', 'P', '(', '?', ' ', 'x', '\u202e');
  fc.assert(fc.property(fc.string({ unit: pieces, maxLength: 30 }), (line) => {
    const shown = printable(line);
    const rest = shown.replaceAll(new RegExp(`${ESC}\\[[\\d;:]*m`, 'g'), '');
    // oxlint-disable-next-line no-control-regex
    assert.doesNotMatch(rest, /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202e]/);
    assert.equal(printable(shown), shown);
  }), { numRuns: 2_000 });
});
