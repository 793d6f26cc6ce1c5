/** Looks for the first sequence, of the core or of the journal's disk, that goes against the model. */
import { diskTrial } from './disk.ts';
import { kindOf, shrunk } from './shrink.ts';
import { sequenceOf, type Sequence } from './steps.ts';
import { trial } from './trial.ts';

/** One sequence in so many is one of the journal on its disk. */
const DISK_EVERY = 10;

export interface Counterexample { readonly number: number; readonly fault: string; readonly times: number; readonly sequence?: Sequence }

export interface Search { readonly from: number; readonly count: number; /** Not to stop at the first, but to tell each kind once. */ readonly all?: boolean }

export async function counterexamples({ from, count, all = false }: Search): Promise<readonly Counterexample[]> {
  const found = new Map<string, Counterexample>();
  for (let number = 1; number <= count && (all || found.size === 0); number += 1) {
    const example = await tried(from + number - 1, number);
    if (!example) continue;
    const known = found.get(kindOf(example.fault));
    found.set(kindOf(example.fault), known ? { ...known, times: known.times + 1 } : smallest(example));
  }
  return [...found.values()];
}

async function tried(seed: number, number: number): Promise<Counterexample | undefined> {
  const onDisk = number % DISK_EVERY === 0 ? await diskTrial(seed) : undefined;
  if (onDisk !== undefined) return { number, fault: `seed ${seed}, on disk: ${onDisk}`, times: 1 };
  const sequence = sequenceOf(seed);
  const fault = trial(sequence);
  return fault === undefined ? undefined : { number, fault, times: 1, sequence };
}

function smallest(example: Counterexample): Counterexample {
  return example.sequence ? { ...example, ...shrunk(example.sequence, trial) } : example;
}

export function told({ fault, times, sequence }: Counterexample): string {
  const how = sequence ? [`setting ${JSON.stringify(sequence.setting)}`, ...sequence.steps.map((step) => `  ${JSON.stringify(step)}`)] : [];
  return [`${times} × ${fault}`, ...how].join('\n');
}
