import assert from 'node:assert/strict';
import { test } from 'node:test';
import { growthOf, type Growth } from './backtracking.ts';

const CASES: { readonly [growth in Growth]: readonly RegExp[] } = {
  exponential: [
    /^(a+)+$/, /^(a*)*b/, /^(a|a)*$/, /^(a|aa)+$/, /^(\w+\s?)*$/, /^([a-zA-Z0-9])(([-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$/, /(?:\d+|\w)*!/, /^(?=(a+)+$)/, /(x+x+)+y/,
    /^((ab)*)+$/, /([a-z]+)*\d/i, /^(?:[^"\\]|\\.|\\)*"$/, /^(.*)*x/,
  ],
  polynomial: [/\s+$/, /^\d+\d+$/, /^\s*(.*?)\s*$/, /<!--.*-->/, /a.*b.*c/, /^[a-z]+\w+!/],
  linear: [
    /^a+$/, /^[a-z]+@[0-9]+$/, /^(?:a|b)+$/, /^\d{4}-\d{2}-\d{2}$/, /^\w{1,40}$/, /foo/, /^(?:ab|cd)*$/, /^(\d+,)*\d+$/, /a+/, /(a+)+/, /^"(?:[^"\\]|\\.)*"$/, /^[\w.-]{1,64}$/, /^(?:[^,]+,)*[^,]+$/, /^a*b*c*$/, /\d+/g, /^(a+)+/,
  ],
};

for (const [growth, patterns] of Object.entries(CASES)) {
  for (const pattern of patterns) test(`the time of ${String(pattern)} is ${growth}`, () => assert.equal(growthOf(String(pattern)), growth));
}

test('a pattern that was made to keep the analysis busy comes to its end', () => {
  assert.equal(growthOf(`/${'(a|b?)*'.repeat(400)}/`), 'linear');
  assert.equal(growthOf(`/${'('.repeat(5_000)}/`), 'linear');
  assert.ok(['linear', 'polynomial', 'exponential'].includes(growthOf(`/${'(.*a?b*)*'.repeat(15)}$/`)));
});
