import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { posix, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { importsOf, type Import } from './imports.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

interface SourceFile {
  readonly path: string;
  readonly imports: readonly Pick<Import, 'from'>[];
}

/** Runs only when somebody tests or measures. */
function isTesting(path: string): boolean {
  return /\.(test|testing)\.ts$/.test(path) || /^(test|bench)\//.test(path);
}

/** Runs where Trunkline is installed. Scripts are for who works on it. */
function isProduct(path: string): boolean {
  return !isTesting(path) && /^(src|bin|demo)\//.test(path);
}

/** Each import of a file of the repository: who makes it, and the path of what is imported. */
function edgesOf(files: readonly SourceFile[]): readonly { readonly by: string; readonly of: string }[] {
  return files.flatMap(({ path, imports }) => imports
    .filter(({ from }) => from.startsWith('.'))
    .map(({ from }) => ({ by: path, of: posix.join(posix.dirname(path), from) })));
}

/** Product code that imports testing code, by the two paths. */
function leaks(files: readonly SourceFile[]): readonly string[] {
  return edgesOf(files)
    .filter(({ by, of }) => isProduct(by) && isTesting(of))
    .map(({ by, of }) => `${by} imports ${of}`);
}

/** Files below src that tests alone import and that are not named so. */
function unnamed(files: readonly SourceFile[]): readonly string[] {
  const importers = Map.groupBy(edgesOf(files), ({ of }) => of);
  return files.map(({ path }) => path).filter((path) => {
    const by = importers.get(path) ?? [];
    return path.startsWith('src/') && isProduct(path) && by.length > 0 && by.every((edge) => isTesting(edge.by));
  });
}

/** Public entries of the package: whoever installs it imports them. */
const ENTRIES: readonly string[] = ['src/pipeline/index.ts', 'src/pipeline/environments.ts'];

function read(): readonly SourceFile[] {
  return globSync(['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'demo/**/*.ts', 'scripts/**/*.{js,ts}', 'bin/*.js'], { cwd: repository })
    .map((path) => path.split(sep).join('/'))
    .map((path) => ({ path, imports: importsOf(posix.join(repository, path)) }));
}

test('no product code imports testing code, and what only tests import is named .testing.ts', () => {
  const files = read();
  assert.ok(files.length > 500, `only ${files.length} files were found`);
  assert.deepEqual(leaks(files), [], 'move what both need into a file of the product');
  assert.deepEqual(unnamed(files).filter((path) => !ENTRIES.includes(path)), [], 'rename it to end in .testing.ts, so that the package leaves it out');
});

test('a leak, and testing code without its name, are found', () => {
  const files: readonly SourceFile[] = [
    { path: 'src/a/product.ts', imports: [{ from: './contract.testing.ts' }, { from: 'node:fs' }] },
    { path: 'src/a/contract.testing.ts', imports: [{ from: './helper.ts' }, { from: './shared.ts' }] },
    { path: 'src/a/product.test.ts', imports: [{ from: './product.ts' }, { from: './contract.testing.ts' }] },
    { path: 'src/a/helper.ts', imports: [] },
    { path: 'src/a/shared.ts', imports: [] },
    { path: 'src/main.ts', imports: [{ from: './a/product.ts' }, { from: './a/shared.ts' }] },
  ];
  assert.deepEqual(leaks(files), ['src/a/product.ts imports src/a/contract.testing.ts']);
  assert.deepEqual(unnamed(files), ['src/a/helper.ts']);
});
