/** What is released while hosts are killed: the tiny application, or the example. */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applicationFiles } from '../rig/application.ts';
import type { Pipeline } from '../rig/pipeline.ts';
import type { Witness } from '../rig/witness.ts';

export interface Subject {
  readonly name: string;
  /** A host that has not brought a run to its end within so many milliseconds hangs, on the slowest of machines. */
  readonly limit: number;
  /** Commits a change that no other has. */
  commit(pipeline: Pipeline, number: number, bad: boolean): string;
  /** What the release's address must answer under `path` when this change is live. */
  readonly path: string;
  answers(text: string, number: number): boolean;
  /** What an undisturbed release tells the witness, if it tells it anything. */
  readonly witness?: Witness;
}

export function tiny(witness: Witness): Subject {
  const bake = { minTime: '300ms', minRequests: 3, maxTime: '30s' };
  return {
    name: 'the tiny application', limit: 240_000, witness, path: '/',
    commit: (pipeline, number, bad) => pipeline.commit(`Change ${number}`, applicationFiles({ number, bad, witness: witness.folder, regions: ['east', 'west'], bake })),
    answers: (text, number) => text === `tiny ${number}`,
  };
}

const product = fileURLToPath(new URL('../..', import.meta.url));
const example = join(product, 'examples/orders');

/** The example, with PostgreSQL, a browser and two waves: slow, and as real as it gets. */
export function orders(): Subject {
  return {
    name: 'the example', limit: 900_000, path: '/style.css',
    commit: (pipeline, number, bad) => {
      const skipped = /[\\/](node_modules|dist|reports|coverage|\.trunkline)$/;
      cpSync(example, pipeline.repository, { recursive: true, force: true, filter: (path) => !skipped.test(path) });
      if (bad) execFileSync('git', ['apply', join(product, 'examples/orders-commits/broken-gamma.patch')], { cwd: pipeline.repository });
      const style = readFileSync(join(example, 'public/style.css'), 'utf8');
      return pipeline.commit(`Change ${number}`, { 'public/style.css': `${style}\n/* change ${number} */\n` });
    },
    answers: (text, number) => text.endsWith(`/* change ${number} */\n`),
  };
}
