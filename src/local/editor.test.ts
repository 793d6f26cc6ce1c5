import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editorChanges } from './editor.ts';
import { merged } from './merging.ts';
import { problemMatchers } from './tasks.ts';

const project = { files: ['src/a.test.ts', 'features/a.feature'], packages: new Set(['typescript', 'oxlint']) };

function applied(files: { readonly [path: string]: string }): { readonly files: { readonly [path: string]: string }; readonly refused: readonly string[] } {
  const { write, refused } = editorChanges(project, (path) => files[path]);
  return { files: { ...files, ...Object.fromEntries(write) }, refused: refused.map(({ path }) => path) };
}

test('a second run changes nothing', () => {
  const { files } = applied({});
  assert.deepEqual(Object.keys(files), ['.vscode/extensions.json', '.vscode/settings.json', '.vscode/tasks.json', '.run/trunkline build.run.xml', '.run/trunkline staged.run.xml', '.run/trunkline check.run.xml']);
  assert.equal(editorChanges(project, (path) => files[path]).write.size, 0);
  assert.deepEqual((JSON.parse(files['.vscode/extensions.json']!) as { recommendations: string[] }).recommendations, ['oxc.oxc-vscode', 'connor4312.nodejs-testing', 'cucumberopen.cucumber-official', 'SonarSource.sonarlint-vscode']);
});

test('what is there stays: settings, tasks of the same name, what was turned down, run configurations', () => {
  const before = {
    '.vscode/settings.json': '{\n\t"typescript.tsdk": "elsewhere",\n\t"search.exclude": {"x": false}\n}\n',
    '.vscode/extensions.json': '{"recommendations": ["OXC.oxc-vscode", "a.b"], "unwantedRecommendations": ["sonarsource.SonarLint-vscode"]}',
    '.vscode/tasks.json': '{"version": "2.0.0", "tasks": [{"label": "trunkline build", "command": "mine"}, {"label": "other"}]}',
    '.run/trunkline build.run.xml': '<mine/>',
  };
  const { files } = applied(before);
  const read = (path: string): { [field: string]: unknown } => JSON.parse(files[path]!) as { [field: string]: unknown };
  assert.deepEqual(read('.vscode/settings.json')['typescript.tsdk'], 'elsewhere');
  assert.deepEqual(read('.vscode/settings.json')['search.exclude'], { x: false, '**/.trunkline/**': true });
  assert.match(files['.vscode/settings.json']!, /^\{\n\t"typescript/, 'indented as before');
  assert.deepEqual(read('.vscode/extensions.json')['recommendations'], ['OXC.oxc-vscode', 'a.b', 'connor4312.nodejs-testing', 'cucumberopen.cucumber-official']);
  assert.deepEqual((read('.vscode/tasks.json')['tasks'] as { label: string; command?: string }[]).map(({ label, command }) => [label, command]).slice(0, 2), [['trunkline build', 'mine'], ['other', undefined]]);
  assert.equal(files['.run/trunkline build.run.xml'], '<mine/>');
});

test('comments stay, and so does what stands after the last comma', () => {
  const { files } = applied({ '.vscode/settings.json': '{\n    // mine\n    "search.exclude": {\n        "x": false, // not that\n    },\n}\n' });
  const text = files['.vscode/settings.json']!;
  assert.match(text, /\n {4}\/\/ mine\n {4}"search\.exclude"/);
  assert.match(text, /"x": false, \/\/ not that\n/);
  assert.match(text, /"\*\*\/\.trunkline\/\*\*": true/);
  assert.deepEqual(applied(files).files, files, 'a second time changes nothing');
});

test('a file of another form, or broken, stays as it is, and the others are written', () => {
  for (const text of ['[]', '{', '{"files.watcherExclude": 7}']) {
    const { files, refused } = applied({ '.vscode/settings.json': text });
    assert.deepEqual([files['.vscode/settings.json'], refused], [text, ['.vscode/settings.json']]);
    assert.ok(files['.vscode/tasks.json']);
  }
});

test('whatever an object holds, all of it is still there with what was added', () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (there, field) => {
    const text = JSON.stringify(there);
    const after = merged(text, [{ at: [field], value: 'added' }]);
    assert.ok('text' in after);
    const read = JSON.parse(after.text) as { [field: string]: unknown };
    for (const key of Object.keys(JSON.parse(text) as object)) assert.deepEqual(read[key], (JSON.parse(text) as { [key: string]: unknown })[key]);
    assert.ok(Object.hasOwn(read, field));
  }));
});

test('the matchers of problems read what commands print, each line by one of them', () => {
  const lines: readonly (readonly [line: string, severity: string | undefined, rest?: readonly string[]])[] = [
    ['  src/db.ts:12 high sql-injection: a query is put together', 'error', ['src/db.ts', '12', 'sql-injection: a query is put together']],
    ['src/a b.ts:3 failed adds > two numbers: 1 !== 2', 'error', ['src/a b.ts', '3', 'adds > two numbers: 1 !== 2']],
    ['  src/a.ts:7 uncovered changed-lines: no test reaches the changed lines 7', 'warning', ['src/a.ts', '7', 'changed-lines: no test reaches the changed lines 7']],
    ['src/a.ts:7 info style: x', 'info', ['src/a.ts', '7', 'style: x']],
    ['✔ unit-tests  4 of 14 test files  621ms', undefined], ['  fix: see a.ts:3', undefined],
  ];
  for (const [line, severity, rest] of lines) {
    const fitting = problemMatchers.flatMap((matcher) => {
      const found = new RegExp(matcher.pattern.regexp).exec(line);
      return found ? [{ severity: matcher.severity, rest: found.slice(1) }] : [];
    });
    assert.deepEqual(fitting, severity === undefined ? [] : [{ severity, rest }], line);
  }
});
