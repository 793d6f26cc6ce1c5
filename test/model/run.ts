/**
 * `node test/model/run.ts [--sequences 20000] [--seed 1] [--all]`: holds the core, and the journal on its disk, to the
 * model. Ends with 1 at the first counterexample; with `--all` goes on, and prints the smallest of each kind.
 */
import { parseArgs } from 'node:util';
import { counterexamples, told } from './search.ts';

const { values } = parseArgs({ options: { sequences: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' }, all: { type: 'boolean', default: false } } });
const [count, from] = [Number(values.sequences), Number(values.seed)];
if (!(Number.isInteger(count) && count > 0 && Number.isInteger(from) && from >= 0)) throw new RangeError('give --sequences and --seed as whole numbers');
const began = performance.now();
const found = await counterexamples({ from, count, all: values.all });

for (const example of found) process.stdout.write(`\n${told(example)}\n`);
const seconds = ((performance.now() - began) / 1_000).toFixed(1);
const [first] = found;
process.stdout.write(first
  ? `\n${found.length} kind(s) of counterexample, the first in sequence ${first.number} of ${count} from seed ${from} (${seconds} s)\n`
  : `\n${count} sequences from seed ${from} hold (${seconds} s)\n`);
process.exitCode = first ? 1 : 0;
