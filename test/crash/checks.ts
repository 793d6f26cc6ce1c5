/** What must hold once a run is over, whatever happened to its hosts. Each fault is a sentence. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { pack } from '../../src/artifact/archive.ts';
import { openDiskStore } from '../../src/artifact/disk/store.ts';
import { advance } from '../../src/core/follow.ts';
import { owed } from '../../src/core/owed.ts';
import type { PipelineState, Run } from '../../src/core/state.ts';
import { WHOLE } from '../../src/foundation/units.ts';
import type { Recorded } from '../../src/journal/events.ts';
import { headTrust } from '../../src/journal-keys.ts';
import { openJournalReadOnly } from '../../src/journal/sqlite/journal.ts';
import { placeOf } from '../../src/place.ts';
import { openRepository } from '../../src/source/git/repository.ts';
import { verifyStored } from '../../src/verification.ts';
import { applicationFiles } from '../rig/application.ts';
import type { Pipeline } from '../rig/pipeline.ts';
import type { Kind, Trial, TrialSpec } from './trial.ts';

/** How a run of a kind ends when nobody is killed. */
export interface Reference {
  readonly outcome: string;
  readonly rolledBack: boolean;
  readonly stages: { readonly [stage: string]: { readonly state: string; readonly actions: { readonly [action: string]: string } } };
  readonly evidence: readonly string[];
}

export function referenceOf(run: Run): Reference {
  return {
    outcome: run.finished?.outcome ?? 'none',
    rolledBack: run.finished?.rolledBack ?? false,
    stages: Object.fromEntries(Object.values(run.stages).map((stage) => [stage.name, {
      state: stage.state, actions: Object.fromEntries(Object.entries(stage.actions).map(([name, { state }]): [string, string] => [name, state]).sort()),
    }])),
    evidence: run.evidence.map(({ stage, name, predicateType }) => `${stage}: ${name} (${predicateType})`).sort(),
  };
}

/** @param live the change that must be live in production: this one, or the one before a bad one. */
export async function faultsOf({ pipeline, subject, kind, number }: TrialSpec, trial: Trial, reference: Reference, live: { readonly run: string; readonly number: number }): Promise<readonly string[]> {
  const events = pipeline.events();
  const state = pipeline.folded();
  const { run } = trial;
  const ended = referenceOf(run);
  return [
    ...trial.faults,
    ...(isDeepStrictEqual(ended, reference) ? [] : [`it ended otherwise than undisturbed: ${JSON.stringify(ended)} instead of ${JSON.stringify(reference)}`]),
    ...journalFaults(pipeline, state, events),
    ...onceFaults(events, run.id),
    ...witnessFaults(subject.witness, run.id),
    ...await artifactFaults(pipeline, run, subject.witness === undefined ? undefined : { number, bad: kind === 'bad' }),
    ...await regionFaults(pipeline, state, run, kind, number, live, subject),
    ...restFaults(pipeline),
  ];
}

/** Gapless, unbroken, at rest: nothing is owed any more and nothing follows. */
function journalFaults(pipeline: Pipeline, state: PipelineState, events: readonly Recorded[]): string[] {
  const journal = openJournalReadOnly(join(pipeline.state, 'journal.db'), headTrust({ keys: join(pipeline.state, 'keys') }));
  const verdict = journal.verifyChain();
  journal.close();
  const gap = events.findIndex(({ seq }, index) => seq !== index + 1);
  const unended = [...state.runs.values()].filter(({ finished }) => !finished).map(({ id }) => id);
  return [
    ...(verdict.whole && verdict.signedUpTo < verdict.events ? [`its last ${verdict.events - verdict.signedUpTo} events are not signed`] : []),
    ...(verdict.whole && verdict.events === events.length ? [] : [`the journal is broken: ${JSON.stringify(verdict)} of ${events.length} events`]),
    ...(gap < 0 ? [] : [`the journal has a gap at ${gap + 1}`]),
    ...(unended.length === 0 && state.unfinished.size === 0 ? [] : [`unfinished runs: ${unended.join(', ')}`]),
    ...owed(state).map(({ key }) => `${key} is still owed`),
    ...advance(structuredClone(state), [], { builds: 2 }, Date.now()).map(({ type }) => `${type} should have followed long ago`),
  ];
}

/** Facts of which there may be one of a kind; attempts may be many, each begun and ended once. */
function onceFaults(events: readonly Recorded[], run: string): string[] {
  const counts = new Map<string, number>();
  for (const event of events) {
    if (!('run' in event) || event.run !== run) continue;
    const key = keyOf(event);
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const terminal = counts.get('run-finished') ?? 0;
  return [
    ...(terminal === 1 ? [] : [`the run ended ${terminal} times`]),
    ...[...counts].flatMap(([key, count]) => (count > 1 && key !== 'run-finished' ? [`${key} happened ${count} times`] : [])),
  ];
}

function keyOf(event: Recorded): string | undefined {
  switch (event.type) {
    case 'run-started': case 'plan-adopted': case 'artifact-packaged': case 'approval-requested': case 'approval-given': case 'run-finished':
      return event.type;
    case 'stage-queued': case 'stage-entered': case 'stage-passed': case 'stage-failed': case 'rollout-started':
      return `${event.type} ${event.stage}`;
    case 'action-started':
      return `${event.type} ${event.stage}.${event.action} ${event.attempt}`;
    case 'action-passed': case 'action-cancelled':
      return `the end of ${event.stage}.${event.action}`;
    case 'evidence-recorded':
      return `${event.type} ${event.stage} ${event.attestations.map(({ name }) => name).join(', ')}`;
    case 'rollout':
      return `rollout ${event.stage} ${JSON.stringify({ ...event.fact, cause: undefined, requests: undefined })}`;
    default:
      return undefined;
  }
}

/** From outside: no attempt twice, no two of one action at once, nothing left. */
function witnessFaults(witness: TrialSpec['subject']['witness'], run: string): string[] {
  if (!witness) return [];
  const seen = witness.of(run);
  const twice = seen.filter(({ attempt }, index) => seen.findIndex((other) => other.attempt === attempt) !== index);
  // In one attempt the integration tests run once for each region, one after the other; here there is one.
  return [
    ...(seen.length > 0 ? [] : ['the witness saw no command of the run']),
    ...twice.map(({ attempt }) => `attempt ${attempt} was begun twice`),
    ...seen.flatMap(({ attempt, beside }) => beside.map((other) => `${attempt} began while ${other} was alive`)),
    ...witness.alive(run).map(({ attempt, pid }) => `${attempt} is still alive, as process ${pid}`),
  ];
}

/** The very bytes that this commit builds, attested once by each statement that the journal speaks of. */
async function artifactFaults(pipeline: Pipeline, run: Run, release: { readonly number: number; readonly bad: boolean } | undefined): Promise<string[]> {
  if (!run.artifact) return ['the run packaged nothing'];
  const store = await openDiskStore(join(pipeline.state, 'artifacts'));
  const stored = (await store.attestations(run.artifact)).map(({ digest }) => digest).sort();
  const recorded = run.evidence.map(({ digest }) => digest).sort();
  const repository = await openRepository(pipeline.repository);
  const verified = await verifyStored(placeOf(repository, pipeline.state), `file://${repository.root}`, pipeline.folded(), run.artifact);
  return [
    ...(isDeepStrictEqual(stored, recorded) ? [] : [`the store holds ${stored.length} attestations, the journal speaks of ${recorded.length}`]),
    ...verified.failures.map(({ code, message }) => `the evidence does not hold: ${message} [${code}]`),
    ...(release === undefined ? [] : await layerFaults(pipeline, store, run, release)),
  ];
}

async function layerFaults(pipeline: Pipeline, store: Awaited<ReturnType<typeof openDiskStore>>, run: Run, release: object): Promise<string[]> {
  const source = applicationFiles({ number: 0, bad: false, witness: '', regions: ['east'], bake: { minTime: '0s', minRequests: 0, maxTime: '0s' } });
  const folder = join(pipeline.folder, 'expected');
  const files = {
    'dist/server.js': (source['src/server.js'] as string).replace('RELEASE', JSON.stringify(release)),
    'dist/package.json': '{"type":"module"}',
    'probes/greet.mjs': source['probes/greet.mjs'] as string,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const hash = createHash('sha256');
  for await (const piece of pack(folder, ['dist', 'probes'])) hash.update(piece);
  rmSync(folder, { recursive: true });
  const expected = `sha256:${hash.digest('hex')}`;
  const manifest = JSON.parse(Buffer.from(await store.get(run.artifact as `sha256:${string}`)).toString('utf8')) as { readonly layers: readonly { readonly digest: string }[] };
  return manifest.layers.some(({ digest }) => digest === expected) ? [] : [`the artifact is not what this commit builds: ${expected} is not among ${JSON.stringify(manifest.layers)}`];
}

async function regionFaults(pipeline: Pipeline, state: PipelineState, run: Run, kind: Kind, number: number, live: { readonly run: string; readonly number: number }, subject: TrialSpec['subject']): Promise<string[]> {
  const regions = await pipeline.regions();
  const planned = (run.plan?.plan.stages ?? []).flatMap(({ environment }) => (environment?.regions ?? []).map((region) => `${environment?.name}/${region}`)).sort();
  const up = regions.map(({ environment, region }) => `${environment}/${region}`).sort();
  const faults = isDeepStrictEqual(up, planned) ? [] : [`regions are up in ${up.join(', ')} instead of ${planned.join(', ')}`];
  const instances = pipeline.processes().filter(({ command }) => /^\S*node \S*dist\/server\.js$/.test(command));
  for (const { environment, region, driver, state: seen } of regions) {
    const place = `${environment}/${region}`;
    const { stable, candidate, url } = seen;
    const expected = kind === 'bad' && environment === 'prod' ? live.run : run.id;
    const recorded = state.live.get(place)?.run;
    if (stable?.release.id !== expected || stable.weight !== WHOLE || candidate) faults.push(`${place} should have ${expected} alone, and has ${JSON.stringify({ stable, candidate })}`);
    if (recorded !== expected) faults.push(`the journal says that ${recorded} is live in ${place}`);
    if (stable && stable.instances.healthy !== stable.instances.total) faults.push(`${place} has ${stable.instances.healthy} of ${stable.instances.total} healthy instances`);
    const text = await fetch(new URL(subject.path, url)).then((response) => response.text(), (error: unknown) => String(error));
    if (!subject.answers(text, environment === 'prod' ? live.number : number)) faults.push(`${place} answers ${JSON.stringify(text.slice(0, 100))}`);
    const here = instances.filter((each) => each.environment['TRUNKLINE_REGION'] === place).map((each) => each.environment['TRUNKLINE_RELEASE']);
    if (here.length !== stable?.instances.total || here.some((release) => release !== expected)) faults.push(`instances of ${here.join(', ') || 'nothing'} run in ${place}`);
    const good = (release: string): boolean => state.runs.get(release)?.finished?.outcome === 'SUCCEEDED';
    const { traffic } = await driver.telemetry(0);
    const failed = traffic.filter(({ release, errors }) => errors > 0 && good(release)).at(-1);
    if (failed) faults.push(`${place} failed ${failed.errors} of ${failed.requests} requests to ${failed.release}`);
    const kept = readdirSync(join(pipeline.state, 'environments', environment, region, 'releases'));
    if (!isDeepStrictEqual(kept, [expected])) faults.push(`${place} keeps the files of ${kept.join(', ')}`);
  }
  return faults;
}

/** No folder of work, no process of a cell, nothing half-done. */
function restFaults(pipeline: Pipeline): string[] {
  const cells = pipeline.processes().filter(({ environment }) => environment['TRUNKLINE_CELL'] !== undefined);
  const unpacked = list(join(pipeline.state, 'releases'));
  const scratch = list(join(pipeline.state, 'scratch'));
  return [
    ...pipeline.work().map((name) => `work/${name} is left`),
    ...unpacked.map((name) => `releases/${name} is left`),
    ...scratch.map((name) => `scratch/${name} is left`),
    ...cells.map(({ pid, command }) => `process ${pid} of a cell is left: ${command.slice(0, 120)}`),
  ];
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
