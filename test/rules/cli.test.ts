import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { program } from '../../src/cli/program.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/reference/cli.md', import.meta.url)), 'utf8');
const nothing = (): Promise<never> => Promise.reject(new Error('no command runs here'));
const commands = leaves(program({ product: nothing, desk: nothing }, '0.0.0'));
/** What a command has under its own heading; the empty one is what all share. */
const sections = new Map(page.split(/^##+ /m).map((section) => [/^`trunkline ([a-z -]+[a-z])/.exec(section)?.[1] ?? '', section]));
const shared = page.slice(page.indexOf('## What all commands share'), page.indexOf('## Starting'));

function leaves(command: Command, path: readonly string[] = []): readonly { readonly name: string; readonly command: Command }[] {
  const children = command.commands.flatMap((child) => leaves(child, [...path, child.name()]));
  return children.length > 0 ? children : [{ name: path.join(' '), command }];
}

test('every command has a place in the reference, and no other has one', () => {
  const explained = [...sections.keys()].filter((name) => name !== '');
  assert.deepEqual(explained.toSorted(), commands.map(({ name }) => name).toSorted());
});

test('every option is explained where its command is, or among those that all share', () => {
  const missing = commands.flatMap(({ name, command }) => command.options
    .filter(({ long }) => !sections.get(name)?.includes(long ?? '') && !shared.includes(long ?? ''))
    .map(({ flags }) => `${name} ${flags}`));
  assert.deepEqual(missing, []);
});
