/**
 * The crash test: releases a change once and learns every point at which its host touches the world, then kills hosts at
 * such points, has the next one take up, and holds the end to that of the undisturbed run.
 *
 *   node test/crash/run.ts                         a sample, in about two minutes
 *   node test/crash/run.ts --all                   every point
 *   node test/crash/run.ts --seed 7 --count 60     another sample, of 60 points
 *   node test/crash/run.ts --kind bad --point "before append rollout prod restored east #1"
 *                                                  one case; with more points, each kills the host after the one before
 *   node test/crash/run.ts --example 2             also the example application, at two points: minutes each
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Witness } from '../rig/witness.ts';
import { casesOf, pairsOf, pointsOf, type Case } from './cases.ts';
import { chance } from './chance.ts';
import type { Reference } from './checks.ts';
import { orders, tiny, type Subject } from './subject.ts';
import type { Kind } from './trial.ts';
import { Worker, type Verdict } from './worker.ts';

const { values: given } = parseArgs({ options: {
  all: { type: 'boolean', default: false }, seed: { type: 'string' }, count: { type: 'string', default: '48' }, chain: { type: 'string', default: '6' }, pairs: { type: 'string', default: '4' },
  point: { type: 'string', multiple: true }, kind: { type: 'string', default: 'good' }, jobs: { type: 'string', default: '2' }, seconds: { type: 'string', default: '100' }, example: { type: 'string', default: '0' },
} });
const seed = given.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given.seed);
const next = chance(seed);
const scratch = mkdtempSync(join(tmpdir(), 'tl-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const workers = new Set<Worker>();
const tally = { passed: 0, failed: 0, unreached: [] as string[], left: 0 };
/** How often a point was missed. */
const tried = new Map<string, number>();
const began = performance.now();
const only: Case | undefined = given.point && { kind: given.kind as Kind, crashes: given.point, amidMs: Math.floor(next() * 60) };
const seconds = (): number => Math.round((performance.now() - began) / 1_000);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void Promise.allSettled([...workers].map((worker) => worker.end())).then(() => process.exit(1)));
print(`seed ${seed}`);
try {
  await using witness = await Witness.start();
  const subject = tiny(witness);
  const taught = await teach(subject);
  if (given.all) await examine(subject, taught, Infinity, 10, 24, Infinity);
  else await examine(subject, taught, Number(given.count), Number(given.chain), Number(given.pairs), Number(given.seconds));
  if (Number(given.example) > 0) await examine(orders(), shared(taught), Number(given.example), 1, 0, Infinity);
} catch (error) {
  tally.failed += 1;
  print(`FAIL the crash test itself: ${error instanceof Error ? error.stack : String(error)}`);
} finally {
  for (const worker of workers) {
    for (const left of await worker.end()) {
      tally.failed += 1;
      print(`FAIL after everything was taken down: ${left}`);
    }
  }
}
if (tally.left > 0) print(`${tally.left} points of the sample were left out for lack of time`);
if (tally.unreached.length > 0) print(`not reached, since what happens at once happens in another order each time:\n  ${tally.unreached.join('\n  ')}`);
print(`${seconds()} s`);
print(`${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1;

/** What undisturbed runs of a subject have shown. */
interface Taught {
  readonly known: ReadonlyMap<Kind, readonly string[]>;
  readonly references: ReadonlyMap<Kind, Reference>;
}

async function teach(subject: Subject): Promise<Taught> {
  const teacher = hired(subject);
  const known = new Map<Kind, readonly string[]>();
  const references = new Map<Kind, Reference>();
  for (const kind of ['first', 'good', 'bad'] as const) {
    const learnt = await learn(teacher, subject, kind);
    known.set(kind, learnt.points);
    references.set(kind, learnt.reference);
  }
  return { known, references };
}

/** The points that every application has: those of the actions that all pipelines share. An undisturbed run of the example takes a minute. */
function shared({ known }: Taught): Taught {
  const first = (known.get('first') ?? []).filter((point) => /(perform|append action-passed) (source\.(commit|plan)|build\.(code|unit-tests|package)|(beta|gamma|prod)\.(verify|launch)) #1$/.test(point));
  return { known: new Map([['first', first]]), references: new Map() };
}

/** Kills at `count` of the points. After `limit` seconds nothing more is begun. */
async function examine(subject: Subject, { known, references }: Taught, count: number, chain: number, pairs: number, limit: number): Promise<void> {
  const points = [...pointsOf(known).values()].flat();
  print(`${subject.name}: ${points.length} points`);
  // Pairs early, since they are few; those that need empty regions last, since each takes a pipeline of its own.
  const queue = only ? [only] : [...pairsOf(known, pairs, next), ...casesOf(known, count, chain, next)];
  const work = async (worker: Worker): Promise<void> => {
    for (let one = queue.shift(); one; one = queue.shift()) {
      if (seconds() > limit) {
        tally.left += one.crashes.length;
        continue;
      }
      const verdict = await worker.perform(one, references.get(one.kind));
      const { outcome } = verdict.reference ?? {};
      if (one.kind === 'first' && outcome !== 'SUCCEEDED') throw new Error(`${subject.name} did not come to production: ${outcome}\n  ${verdict.faults.join('\n  ')}`);
      tell(verdict);
      // In company a point may lie behind what an earlier host had done: alone it is reached.
      if (verdict.faults.length === 0) queue.push(...verdict.unreached.flatMap((point) => retryOf(one, point)));
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(Number(given.jobs), queue.length) }, () => hired(subject)).map(work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** A point that was missed alone twice is not tried for ever. */
function retryOf({ kind, amidMs }: Case, point: string): Case[] {
  const name = `${kind}: ${point}`;
  const times = (tried.get(name) ?? 0) + 1;
  tried.set(name, times);
  if (times <= 2) return [{ kind, crashes: [point], amidMs }];
  tally.unreached.push(name);
  return [];
}

function hired(subject: Subject): Worker {
  const worker = new Worker(subject, scratch);
  workers.add(worker);
  return worker;
}

async function learn(worker: Worker, subject: Subject, kind: Kind): Promise<{ readonly points: readonly string[]; readonly reference: Reference }> {
  const record = join(scratch, `${kind}-${subject.witness ? 'tiny' : 'orders'}`);
  const { faults, reference, durationMs } = await worker.perform({ kind, crashes: [], amidMs: 0 }, undefined, record);
  if (faults.length > 0 || !reference) throw new Error(`the undisturbed ${kind} run of ${subject.name} is not as it should be:\n  ${faults.join('\n  ')}`);
  const expected = kind === 'bad' ? 'FAILED' : 'SUCCEEDED';
  if (reference.outcome !== expected || reference.rolledBack !== (kind === 'bad')) throw new Error(`the undisturbed ${kind} run of ${subject.name} ended ${JSON.stringify(reference)}`);
  print(`learnt ${kind} in ${(durationMs / 1_000).toFixed(1)} s`);
  // How often probes are asked for more depends on how fast the machine is.
  const points = readFileSync(record, 'utf8').split('\n').filter((point) => point !== '' && (!point.includes('region.exercise') || point.endsWith('#1')));
  return { points, reference };
}

/** Every point that was reached counts; a fault in company counts against all of them. */
function tell({ case: one, faults, unreached, durationMs }: Verdict): void {
  const reached = one.crashes.filter((point) => !unreached.includes(point));
  if (faults.length > 0) tally.failed += Math.max(1, reached.length);
  else tally.passed += reached.length;
  print(`${faults.length > 0 ? 'FAIL' : 'ok  '} ${one.kind} (${(durationMs / 1_000).toFixed(1)} s): ${reached.join('; ') || 'nothing was reached'}`);
  if (faults.length === 0) return;
  for (const fault of faults) print(`       ${fault}`);
  print(`       replay: npm run test:crash -- --seed ${seed} --kind ${one.kind} ${one.crashes.map((point) => `--point ${JSON.stringify(point)}`).join(' ')}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
