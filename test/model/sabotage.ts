/**
 * `node test/model/sabotage.ts [--sequences 2000] [--seed 1] [--only TEXT]`: makes each deliberate mistake of
 * `mutants.ts`, one at a time, in a process of its own, and shows in which sequence the model noticed it. Ends with 1
 * when it missed one, or when it finds something without any.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutants, type Mutant } from './mutants.ts';

const { values } = parseArgs({ options: { sequences: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' }, only: { type: 'string', default: '' } } });
const AT_ONCE = 2;
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Row { readonly name: string; readonly file: string; readonly noticed: boolean; readonly how: string }

async function attempt(mutant: Mutant | undefined): Promise<Row> {
  const hook = mutant ? ['--import', path('./sabotage-hook.ts')] : [];
  const child = spawn(process.execPath, [...hook, path('./run.ts'), '--sequences', values.sequences, '--seed', values.seed], { env: { ...process.env, ...(mutant ? { SABOTAGE: mutant.name } : {}) } });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { out += text; });
  const [code] = await once(child, 'close') as [number | null];
  const number = /the first in sequence (\d+)/.exec(out)?.[1];
  const fault = /^\d+ × (.*)$/m.exec(out)?.[1] ?? out.trim().split('\n').at(-1) ?? '';
  // A mistake that keeps the program from starting was not noticed by the model.
  return { name: mutant?.name ?? '(no mistake)', file: mutant?.file ?? '', noticed: code === 1 && number !== undefined, how: number === undefined ? fault : `in ${number}: ${fault}` };
}

async function each(wanted: readonly (Mutant | undefined)[], tell: (row: Row) => void): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const left = [...wanted];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const row = await attempt(next);
      tell(row);
      rows.push(row);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return rows;
}

const wanted = mutants.filter(({ name, file }) => `${file} ${name}`.includes(values.only));
const print = ({ noticed, name, file, how }: Row): void => void process.stdout.write(`${noticed ? 'noticed' : 'MISSED '}  ${name.padEnd(58)} ${file.padEnd(34)} ${how.slice(0, 140)}\n`);
const rows = await each(wanted, print);
const missed = rows.filter(({ noticed }) => !noticed);
const sound = await attempt(undefined);
if (sound.noticed) process.stdout.write(`the model objects to what has no mistake: ${sound.how}\n`);
process.stdout.write(`${rows.length - missed.length} of ${rows.length} mistakes noticed within ${values.sequences} sequences\n`);
process.exitCode = missed.length === 0 && rows.length > 0 && !sound.noticed ? 0 : 1;
