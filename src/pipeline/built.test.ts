import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { memoryLog, plainCell } from './plain-cell.testing.ts';

const root = await mkdtemp(join(tmpdir(), 'trunkline-built-'));
after(() => rm(root, { recursive: true, force: true }));

/** The package as it is published: built files below node_modules, where Node refuses to run TypeScript. */
async function published(): Promise<string> {
  const product = fileURLToPath(new URL('../../', import.meta.url));
  const home = join(root, 'node_modules', 'trunkline');
  await mkdir(home, { recursive: true });
  await symlink(join(product, 'node_modules', 'zod'), join(root, 'node_modules', 'zod'));
  await writeFile(join(home, 'package.json'), '{"name":"trunkline","type":"module"}');
  for (const folder of ['foundation', 'catalogue', 'reports', 'inspection', 'pipeline']) {
    await mkdir(join(home, 'dist', folder), { recursive: true });
    for (const name of await readdir(join(product, 'src', folder))) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
      const { outputText } = ts.transpileModule(await readFile(join(product, 'src', folder, name), 'utf8'), {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2024, verbatimModuleSyntax: true, rewriteRelativeImportExtensions: true },
      });
      await writeFile(join(home, 'dist', folder, name.replace(/\.ts$/, '.js')), outputText);
    }
  }
  return home;
}

test('the built package evaluates a TypeScript configuration with its own built files', async () => {
  const home = await published();
  const { evaluateConfig } = (await import(pathToFileURL(join(home, 'dist/pipeline/evaluate.js')).href)) as typeof import('./evaluate.ts');
  const { firstPipeline } = (await import(pathToFileURL(join(home, 'dist/pipeline/init.js')).href)) as typeof import('./init.ts');
  const repository = join(root, 'repository');
  for (const { path, text } of firstPipeline({ files: ['package.json'], read: () => '{"name":"orders"}', folder: 'orders', trunk: 'main' })) {
    await mkdir(dirname(join(repository, path)), { recursive: true });
    await writeFile(join(repository, path), text);
  }
  const log = memoryLog();
  const plan = await evaluateConfig(plainCell(repository), { config: join(repository, 'trunkline.config.ts'), log, signal: new AbortController().signal, timeout: 30_000 });
  assert.equal(plan.application, 'orders');
  assert.equal(log.text(), '');
});
