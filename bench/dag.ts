/** How near a graph of 40 mixed sleeps comes to its critical path. */
import { benchPlan, command, median, warmHost } from './rig.ts';

const ROUNDS = 5;

interface Node { readonly name: string; readonly sleepMs: number; readonly needs: readonly string[] }

/** The same graph in every run: a small generator with a fixed seed. */
function graph(): Node[] {
  let seed = 7;
  const chance = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const nodes: Node[] = [];
  for (let index = 0; index < 40; index += 1) {
    const needs = nodes.slice(-8).filter(() => chance() < 0.25).map(({ name }) => name);
    nodes.push({ name: `node-${index}`, sleepMs: 50 + Math.round(chance() * 250), needs });
  }
  return nodes;
}

function criticalPath(nodes: readonly Node[]): number {
  const ends = new Map<string, number>();
  for (const { name, sleepMs, needs } of nodes) ends.set(name, sleepMs + Math.max(0, ...needs.map((need) => ends.get(need) ?? 0)));
  return Math.max(...ends.values());
}

const nodes = graph();
const limit = criticalPath(nodes);
await using host = await warmHost();
const plan = benchPlan([{ name: 'build', actions: nodes.map(({ name, sleepMs, needs }) => command(name, `sleep ${(sleepMs / 1_000).toFixed(3)}`, needs)) }]);
await host.run(plan);
const times: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) times.push(await host.run(plan));
process.stdout.write(`graph: 40 sleeps in ${median(times).toFixed(0)} ms, critical path ${limit} ms, ratio ${(median(times) / limit).toFixed(3)} (aim 1.030)\n`);
