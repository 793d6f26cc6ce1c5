/**
 * Writes the table of docs/explanation/isolation.md by trying: `node scripts/isolation.ts`, as root, on a machine that
 * can make namespaces. It tries as root and, in a process of its own, as nobody.
 */
import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asNobody, NOBODY } from '../src/sandbox/fixture.testing.ts';
import { triedEverywhere } from '../test/isolation/places.ts';
import { type Places, tableOf, withTable } from '../test/isolation/table.ts';

async function triedHere(): Promise<Places> {
  const ends: (() => unknown)[] = [];
  const tried = await triedEverywhere({ after: (end?: unknown) => void ends.push(end as () => unknown) });
  for (const end of ends.toReversed()) await end();
  return tried;
}

function triedAsNobody(): Places {
  const home = mkdtempSync('/tmp/trunkline-home-');
  const told = join(home, 'tried.json');
  try {
    chownSync(home, NOBODY, NOBODY);
    const [program = '', ...words] = [...asNobody(), process.execPath, fileURLToPath(import.meta.url), told];
    execFileSync(program, words, { cwd: '/tmp', env: { PATH: process.env['PATH'], HOME: home, TMPDIR: '/tmp' } });
    return JSON.parse(readFileSync(told, 'utf8')) as Places;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const [, , into] = process.argv;
if (into !== undefined) {
  writeFileSync(into, JSON.stringify(await triedHere()));
} else {
  if (process.geteuid?.() !== 0) throw new Error('run it as root: it tries as root and as nobody');
  const page = fileURLToPath(new URL('../docs/explanation/isolation.md', import.meta.url));
  writeFileSync(page, withTable(readFileSync(page, 'utf8'), tableOf({ root: await triedHere(), user: triedAsNobody() })));
}
