/**
 * The crash test: releases a change once and learns every point at which its host touches the world, then kills the host
 * at such points, has it take up again, and holds the end to that of the undisturbed run.
 *
 *   node test/crash/run.ts [--all] [--seed S] [--count N] [--pairs N] [--point NAME [--kind KIND]] [--jobs N] [--example N]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Witness } from '../rig/witness.ts';
import { chance, shuffled } from './chance.ts';
import type { Reference } from './checks.ts';
import { orders, tiny, type Subject } from './subject.ts';
import type { Kind } from './trial.ts';
import { Worker, type Case, type Verdict } from './worker.ts';

const { values: given } = parseArgs({ options: {
  all: { type: 'boolean', default: false }, seed: { type: 'string' }, count: { type: 'string', default: '24' }, pairs: { type: 'string', default: '4' },
  point: { type: 'string' }, kind: { type: 'string', default: 'good' }, jobs: { type: 'string', default: '2' }, example: { type: 'string', default: '0' },
} });
const seed = given.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given.seed);
const next = chance(seed);
const scratch = mkdtempSync(join(tmpdir(), 'tl-points-'));
const workers = new Set<Worker>();
const tally = { passed: 0, failed: 0, unreached: [] as string[] };
const began = performance.now();

interface Known { readonly points: readonly string[]; readonly reference: Reference }

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void Promise.allSettled([...workers].map((worker) => worker.end())).then(() => process.exit(1)));
print(`seed ${seed}; replay all of it with --seed ${seed}`);
try {
  await using witness = await Witness.start();
  await examine(tiny(witness), given.point === undefined ? undefined : { kind: given.kind as Kind, point: given.point }, given.all ? Infinity : Number(given.count), given.all ? 40 : Number(given.pairs));
  if (Number(given.example) > 0) await examine(orders(), undefined, Number(given.example), 0);
} catch (error) {
  tally.failed += 1;
  print(`FAIL the crash test itself: ${error instanceof Error ? error.stack : String(error)}`);
} finally {
  for (const worker of workers) for (const left of await worker.end()) {
    tally.failed += 1;
    print(`FAIL after everything was taken down: ${left}`);
  }
  rmSync(scratch, { recursive: true, force: true });
}
if (tally.unreached.length > 0) print(`${tally.unreached.length} points were not reached (the order of what happens at once differs): ${tally.unreached.join('; ')}`);
print(`${Math.round((performance.now() - began) / 1_000)} s`);
print(`${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1;

/** Learns the points of a subject, and kills at some of them, or at all. */
async function examine(subject: Subject, only: { readonly kind: Kind; readonly point: string } | undefined, count: number, pairs: number): Promise<void> {
  const teacher = hired(subject);
  const kinds: readonly Kind[] = subject.witness ? ['first', 'good', 'bad'] : ['first'];
  const known = new Map<Kind, Known>();
  for (const kind of kinds) known.set(kind, await learn(teacher, subject, kind));
  const told = new Set<string>();
  const points = (['good', 'bad', 'first'] as const).flatMap((kind) => (known.get(kind)?.points ?? []).flatMap((point): { kind: Kind; point: string }[] => {
    if (told.has(point)) return [];
    told.add(point);
    return [{ kind, point }];
  }));
  print(`${subject.name}: ${points.length} points (${kinds.map((kind) => `${known.get(kind)?.points.length} ${kind}`).join(', ')})`);
  const single = only ? [only] : shuffled(points, next).slice(0, count);
  const cases = [
    ...single.map(({ kind, point }): Case => ({ kind, crashes: [point], amidMs: Math.floor(next() * 60) })),
    ...Array.from({ length: only ? 0 : pairs }, (): Case => pairOf(known.get('good') as Known)),
  ];
  // Those that need empty regions come last: each takes a pipeline of its own.
  const queue = cases.sort((a, b) => Number(a.kind === 'first') - Number(b.kind === 'first'));
  await Promise.all([teacher, ...Array.from({ length: Number(given.jobs) - 1 }, () => hired(subject))].map(async (worker) => {
    for (let one = queue.shift(); one; one = queue.shift()) tell(await withAnotherTry(worker, one, known.get(one.kind)?.reference));
  }));
}

function hired(subject: Subject): Worker {
  const worker = new Worker(subject);
  workers.add(worker);
  return worker;
}

async function learn(worker: Worker, subject: Subject, kind: Kind): Promise<Known> {
  const record = join(scratch, `${kind}-${subject.witness ? 'tiny' : 'orders'}`);
  const { faults, reference, durationMs } = await worker.perform({ kind, crashes: [], amidMs: 0, record });
  if (faults.length > 0 || !reference) throw new Error(`the undisturbed ${kind} run of ${subject.name} is not as it should be:\n  ${faults.join('\n  ')}`);
  const expected = kind === 'bad' ? 'FAILED' : 'SUCCEEDED';
  if (reference.outcome !== expected || reference.rolledBack !== (kind === 'bad')) throw new Error(`the undisturbed ${kind} run of ${subject.name} ended ${JSON.stringify(reference)}`);
  print(`learnt ${kind} in ${(durationMs / 1_000).toFixed(1)} s`);
  return { points: readFileSync(record, 'utf8').split('\n').filter(Boolean), reference };
}

/** A crash, and another while the next host takes up. */
function pairOf({ points }: Known): Case {
  const first = Math.floor(next() * (points.length - 1));
  const early = points.filter((point) => /^(before|amid|after) (recover|cells\.reap)/.test(point));
  const later = points.slice(first + 1);
  const second = next() < 0.4 ? early : later;
  return { kind: 'good', crashes: [points[first] as string, second[Math.floor(next() * second.length)] as string], amidMs: Math.floor(next() * 60) };
}

/** What was not reached gets one more chance: the order of what happens at once is not the same each time. */
async function withAnotherTry(worker: Worker, one: Case, reference: Reference | undefined): Promise<Verdict> {
  const verdict = await worker.perform(one, reference);
  if (verdict.faults.length > 0 || verdict.unreached.length === 0 || one.crashes.length > 1) return verdict;
  return worker.perform(one, reference);
}

function tell({ case: one, faults, unreached, durationMs }: Verdict): void {
  const name = `${one.kind}: ${one.crashes.join(', then ')}`;
  const isReached = unreached.length < one.crashes.length;
  if (faults.length > 0) tally.failed += 1;
  else if (isReached) tally.passed += 1;
  if (!isReached) tally.unreached.push(name);
  print(`${faults.length > 0 ? 'FAIL' : isReached ? 'ok  ' : 'miss'} ${name} (${(durationMs / 1_000).toFixed(1)} s${one.crashes[0]?.startsWith('amid') ? `, ${one.amidMs} ms in` : ''})`);
  for (const fault of faults) print(`       ${fault}`);
  if (faults.length > 0) print(`       replay: npm run test:crash -- --kind ${one.kind} --point ${JSON.stringify(one.crashes[0])}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
