import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Who else writes to its own streams, and why no terminal reads what a commit wrote there. */
const OTHERS: { readonly [path: string]: string } = {
  'src/cli/terminal.ts': 'the one printer',
  'src/actions/sast/worker.ts': 'its standard output is a pipe to the process that started it, which parses it as JSON',
  'src/environment/process/agent/main.ts': 'its streams are the log file of a region',
  'src/environment/process/prober/main.ts': 'its streams are the log file of a region',
  'bin/trunkline.js': 'before anything is loaded: words of its own and the version of Node',
  'scripts/ready.js': 'before anything is installed: words of its own',
  'scripts/test.js': 'names of its own steps',
  'scripts/record/record.ts': 'a maintainer runs it, on projects of its own',
  'demo/stage.ts': 'lends its terminal to the command line, which has the one printer',
};

/** Places where a file writes to its own streams, or lends them to a child: `console.log`, `process.stdout`, `writeSync(1`, `'inherit'`. */
function printing(path: string, text: string): readonly string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const written = node.getText(source);
    const isStream = (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) && /^(?:globalThis\.)?process(?:\.|\[['"])(?:stdout|stderr)(?:['"]\])?$/.test(written) && !text.slice(node.end).startsWith('.isTTY');
    const isConsole = ts.isPropertyAccessExpression(node) && /^(?:globalThis\.)?console\.\w+$/.test(written);
    const isDescriptor = ts.isCallExpression(node) && node.expression.getText(source).endsWith('writeSync') && /^[12]$/.test(node.arguments[0]?.getText(source) ?? '');
    const isLent = ts.isStringLiteral(node) && node.text === 'inherit' && !ts.isLiteralTypeNode(node.parent);
    if (isStream || isConsole || isDescriptor || isLent) found.push(`${path}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1} ${written}`);
    else ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test('only the printer writes to a terminal', () => {
  const files = globSync(['src/**/*.ts', 'demo/**/*.ts', 'bin/*.js', 'scripts/**/*.{js,ts}'], { cwd: root }).filter((path) => !/\.(test|testing)\.ts$/.test(path));
  assert.ok(files.length > 300, `${files.length} files`);
  const found = files.filter((path) => OTHERS[path] === undefined).flatMap((path) => printing(path, readFileSync(`${root}/${path}`, 'utf8')));
  assert.deepEqual(found, [], 'give it to the Terminal, which neutralises what people wrote');
  for (const path of Object.keys(OTHERS)) assert.ok(printing(path, readFileSync(`${root}/${path}`, 'utf8')).length > 0, `${path} prints no more: it needs no exception`);
});

test('whoever prints past the printer is found, however it is written', () => {
  for (const code of ['console.log(x)', 'process.stdout.write(x)', "process['stderr'].write(x)", 'const out = process.stdout', 'writeSync(1, x)', "spawn('x', { stdio: 'inherit' })", 'globalThis.console.error(x)']) {
    assert.equal(printing('a.ts', code).length, 1, code);
  }
  for (const code of ['process.stdout.isTTY === true', 'terminal.print(x)', '"console.log(x)"', 'writeSync(file, x)']) assert.deepEqual(printing('a.ts', code), [], code);
});
