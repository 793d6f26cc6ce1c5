/** What the pipeline adds to 40 processes that do nothing: Source, then four stages of ten, against a bare spawner. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { benchPlan, command, median, warmHost } from './rig.ts';

const ROUNDS = 7;
const STAGES = ['build', 'beta', 'gamma', 'prod'] as const;
const EACH = Array.from({ length: 10 }, (_, index) => `noop-${index}`);

async function bare(): Promise<number> {
  const began = performance.now();
  for (const _stage of STAGES) {
    await Promise.all(EACH.map(async () => {
      const child = spawn('sh', ['-c', 'true'], { stdio: ['ignore', 'pipe', 'pipe'] });
      child.stdout.resume();
      child.stderr.resume();
      await once(child, 'close');
    }));
  }
  return performance.now() - began;
}

await using host = await warmHost();
const plan = benchPlan(STAGES.map((name) => ({ name, actions: EACH.map((each) => command(each, 'true')) })));
await host.run(plan);
await bare();
const pairs: { readonly ours: number; readonly theirs: number }[] = [];
for (let round = 0; round < ROUNDS; round += 1) pairs.push({ theirs: await bare(), ours: await host.run(plan) });
const ours = median(pairs.map((pair) => pair.ours));
const theirs = median(pairs.map((pair) => pair.theirs));
process.stdout.write(`overhead: 40 no-op actions in ${ours.toFixed(0)} ms, 40 bare processes in ${theirs.toFixed(0)} ms, ratio ${median(pairs.map((pair) => pair.ours / pair.theirs)).toFixed(2)} (aim 2.00)\n`);
