import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(`${root}docs/reference/errors.md`, 'utf8');

/** Code and classes by entry, such as `DISK_FULL` (infra). */
const entries = [...page.matchAll(/^- `([A-Z][A-Z0-9_]*)` \(([a-z, ]+)\): ./gm)].map(([, code = '', classes = '']) => ({ code, classes: classes.split(', ') }));
const documented = new Map(entries.map(({ code, classes }) => [code, classes]));

const sources = globSync('src/**/*.ts', { cwd: root })
  .filter((file) => !/\.(test|testing)\.ts$/.test(file))
  .map((file) => ({ file, text: readFileSync(root + file, 'utf8') }));

/** How codes are written: thrown, as a field of a record, by a function that makes one, or as a finding with its message. */
const FORMS = [
  /new TrunklineError\(\s*'([A-Z][A-Z0-9_]*)'/g,
  /\b(?:refusal|failed|record|failure|fault)\('([A-Z][A-Z0-9_]+)',/g,
  /(?:\byield |=> |\.push\(|return )\['([A-Z][A-Z0-9_]+)',/g,
  /\w+: \['([A-Z][A-Z0-9_]+)', \w+\]/g,
];
const FIELD = /\bcode: ([^,}\n]*)/g;
/** Codes of the operating system are read, not given out. */
const FOREIGN = /^(E[A-Z]+|SIG[A-Z]+)$/;

function codesIn(text: string): readonly string[] {
  const fields = [...text.matchAll(FIELD)].flatMap(([, value = '']) => [...value.matchAll(/'([A-Z][A-Z0-9_]+)'/g)]);
  const found = [...FORMS.flatMap((form) => [...text.matchAll(form)]), ...fields].map(([, code = '']) => code);
  return found.filter((code) => !FOREIGN.test(code));
}

test('every error code of the program is explained, once', () => {
  const used = sources.flatMap(({ file, text }) => codesIn(text).map((code) => ({ code, file })));
  assert.ok(used.length > 200, 'the search for codes finds next to nothing');
  assert.deepEqual(used.filter(({ code }) => !documented.has(code)), []);
  assert.equal(documented.size, entries.length, 'a code is explained twice');
});

test('no error is explained that the program no longer has', () => {
  const all = sources.map(({ text }) => text).join('\n');
  assert.deepEqual([...documented.keys()].filter((code) => !all.includes(`'${code}'`)), []);
});

test('the class of an error is the one with which it is thrown', () => {
  const thrown = sources.flatMap(({ text }) => [...text.matchAll(/new TrunklineError\(\s*'([A-Z][A-Z0-9_]*)',\s*'([a-z]+)'/g)]);
  const others = thrown.filter(([, code = '', kind = '']) => !documented.get(code)?.includes(kind)).map(([, code, kind]) => `${code} is ${kind}`);
  assert.deepEqual([...new Set(others)], []);
});
