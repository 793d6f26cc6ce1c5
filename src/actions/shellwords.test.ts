import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { commandsOf } from './shellwords.ts';

const cases: { readonly [line: string]: readonly (readonly string[])[] | undefined } = {
  'npm ci && npm run build': [['npm', 'ci'], ['npm', 'run', 'build']],
  'a | b; c || d & e': [['a'], ['b'], ['c'], ['d'], ['e']],
  'NODE_ENV=test CI=1 npm test': [['npm', 'test']],
  'tool "two words" \'single $x\' es\\ caped': [['tool', 'two words', 'single $x', 'es caped']],
  'tool --glob="src/**;x" > out.txt 2>&1 < in': [['tool', '--glob=src/**;x']],
  'if test -f x; then make; fi': [['test', '-f', 'x'], ['make']],
  '(cd sub && make) # comment && nothing': [['cd', 'sub'], ['make']],
  'a\nb \\\n c': [['a'], ['b', 'c']],
  'echo $(date; hostname) `id`': [['echo', '$(date; hostname)', '`id`']],
  'node a#b': [['node', 'a#b']],
  'for x in a b; do make $x; done': undefined,
  'cat <<EOF': undefined,
  '   ': [],
};
for (const [line, expected] of Object.entries(cases)) {
  test(`${JSON.stringify(line)} names ${JSON.stringify(expected ?? 'nothing that can be told')}`, () => assert.deepEqual(commandsOf(line), expected));
}

test('any text at all is answered, and soon', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'ab"\'\\$(`)<>&|;# \n=') , maxLength: 200 }), (line) => {
    commandsOf(line);
  }));
  commandsOf('"'.repeat(16_000));
  commandsOf('\\'.repeat(15_999));
  commandsOf('$('.repeat(8_000));
});
