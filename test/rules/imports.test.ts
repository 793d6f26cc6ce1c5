import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { posix, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { folders } from './folders.ts';
import { importsOf, type Import } from './imports.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const files = globSync('src/**/*.ts', { cwd: repository }).map((file) => file.split(sep).join('/'));

/** A test composes what it needs as the composition root does; so does the testing code that tests share. */
function isTest(file: string): boolean {
  return /\.(test|testing)\.ts$/.test(file);
}

/** `src/artifact/disk/store.ts` is folder `artifact`, adapter `disk`. What lies at the root of `src` has neither. */
function placeOf(file: string): { readonly folder?: string; readonly adapter?: string } {
  const [, ...parts] = file.split('/').slice(0, -1);
  return { ...(parts[0] === undefined ? {} : { folder: parts[0] }), ...(parts[1] === undefined ? {} : { adapter: parts[1] }) };
}

/** Why `file` may not make an import; undefined when it may. */
function faultOf(file: string, { from, isType }: Omit<Import, 'line'>): string | undefined {
  const here = placeOf(file);
  const rule = folders[here.folder ?? ''];
  if (here.folder === undefined) return undefined;
  if (!rule) return `the folder "${here.folder}" has no rule`;
  if (!from.startsWith('.')) return rule.isPure && from.startsWith('node:') && !isTest(file) && !isType ? `"${here.folder}" decides and touches nothing, and this reaches the platform` : undefined;

  const target = posix.join(posix.dirname(file), from);
  const there = placeOf(target);
  if (!target.startsWith('src/')) return 'it leads out of src';
  if (there.folder === undefined) return 'only what lies beside it may import the composition root';
  if (there.folder !== here.folder && !rule.values.includes(there.folder)) {
    if (!rule.types?.includes(there.folder)) return `"${here.folder}" may not import "${there.folder}"`;
    if (!isType && !isTest(file)) return `"${here.folder}" may import only types of "${there.folder}"`;
  }
  const isForeignAdapter = there.adapter !== undefined && (there.folder !== here.folder || there.adapter !== here.adapter);
  return isForeignAdapter && !isTest(file) && !isSibling(here.folder, there.folder) ? `"${there.folder}/${there.adapter}" is an adapter: only the composition root picks one` : undefined;
}

/** The kinds of actions, the commands, the readers of formats, and what holds a cell are no adapters: nobody picks one; the machine decides about cells. */
function isSibling(here: string, there: string): boolean {
  return here === there && ['actions', 'cli', 'reports', 'runner'].includes(here);
}

test('every folder imports only the folders that it may, and of them only what lies at their root', () => {
  const faults = files.flatMap((file) => importsOf(posix.join(repository, file))
    .flatMap(({ line, ...each }) => {
      const fault = faultOf(file, each);
      return fault === undefined ? [] : [`${file}:${line} imports "${each.from}": ${fault}`];
    }));
  assert.ok(files.length > 50, `only ${files.length} files were found`);
  assert.equal(faults.length, 0, `\n${faults.join('\n')}\nwho may import whom stands in test/rules/folders.ts`);
});

test('no two folders need each other to run', () => {
  const needs = (folder: string, seen: readonly string[] = []): readonly string[] =>
    (folders[folder]?.values ?? []).flatMap((other) => (seen.includes(other) ? [other] : [other, ...needs(other, [...seen, other])]));
  for (const folder of Object.keys(folders)) assert.ok(!needs(folder).includes(folder), `${folder} needs itself`);
});

test('every folder of src has a rule, and every rule a folder', () => {
  const known = new Set(files.flatMap((file) => placeOf(file).folder ?? []));
  assert.deepEqual([...known].sort(), Object.keys(folders).sort());
});

test('an import against the rules is found', () => {
  const fault = (file: string, from: string, isType = false): string | undefined => faultOf(file, { from, isType });
  assert.match(fault('src/foundation/clock.ts', '../core/state.ts') ?? '', /may not import "core"/);
  assert.match(fault('src/core/stage.ts', '../journal/sqlite/journal.ts') ?? '', /"journal\/sqlite" is an adapter/);
  assert.match(fault('src/journal/journal.ts', './sqlite/journal.ts') ?? '', /is an adapter/);
  assert.match(fault('src/journal/memory/journal.ts', '../sqlite/journal.ts') ?? '', /is an adapter/);
  assert.match(fault('src/rollout/bake.ts', '../environment/driver.ts') ?? '', /only types/);
  assert.match(fault('src/rollout/bake.ts', 'node:fs') ?? '', /touches nothing/);
  assert.match(fault('src/core/state.ts', '../main.ts') ?? '', /composition root/);
  assert.match(fault('src/core/state.ts', '../../bench/masking.ts') ?? '', /out of src/);
  assert.match(fault('src/novel/a.ts', './b.ts') ?? '', /no rule/);
  assert.deepEqual([
    fault('src/rollout/bake.ts', '../environment/driver.ts', true), fault('src/journal/sqlite/journal.ts', '../journal.ts'), fault('src/journal/sqlite/journal.ts', './schema.ts'),
    fault('src/journal/contract.testing.ts', './memory/journal.ts'), fault('src/core/core.test.ts', '../journal/memory/journal.ts'), fault('src/main.ts', './journal/sqlite/journal.ts'), fault('src/artifact/disk/store.ts', 'node:fs'),
  ], Array(7).fill(undefined));
});

test('imports are seen in every form that TypeScript knows', () => {
  const text = `import { a } from './a.ts';\nimport type { b } from './b.ts';\nexport * from './c.ts';\nexport type { d } from './d.ts';\nimport './e.ts';\nconst f = await import('./f.ts');\nlet g: import('./g.ts').G;\n// import './no.ts'\nconst text = "import './no.ts'";`;
  assert.deepEqual(importsOf('x.ts', text).map(({ line, from, isType }) => `${line} ${from}${isType ? ' type' : ''}`),
    ['1 ./a.ts', '2 ./b.ts type', '3 ./c.ts', '4 ./d.ts type', '5 ./e.ts', '6 ./f.ts', '7 ./g.ts type']);
});
