/** Takes one event down in the book. What an event says has happened; whether it may have is for the laws. */
import type { Event } from '../../src/journal/events.ts';
import type { StagePlan } from '../../src/pipeline/plan.ts';
import type { RolloutFact } from '../../src/rollout/rollout.ts';
import { stagesOf, type Book, type RegionBook, type RolloutBook, type RunBook, type StageBook } from './book.ts';

export function takeDown(book: Book, event: Event): void {
  if (event.type === 'commit-pushed') {
    book.seen.add(event.commit.id);
    book.stays.set(event.commit.id, (book.stays.get(event.commit.id) ?? 0) + 1);
  }
  else if (event.type === 'run-started') {
    const artifact = event.restores === undefined ? undefined : book.run(event.restores).artifact;
    const restores = event.restores === undefined ? {} : { restores: event.restores, ...(event.left ? { left: event.left } : {}), ...(artifact === undefined ? {} : { artifact }) };
    book.runs.set(event.run, { id: event.run, kind: event.kind, commit: event.commit, sequence: event.sequence, stay: book.stays.get(event.commit) ?? 0, attempt: 1, stages: new Map(), evidence: [], breached: false, ends: new Set(), ...restores });
  } else if (event.type === 'environment-removed') takenDown(book, event);
  else if ('run' in event && event.type !== 'command-refused') inRun(book, book.run(event.run), event);
}

/** What a person took down has no release, and owes neither a way back nor the end of another. */
function takenDown(book: Book, { environment, region }: Extract<Event, { readonly type: 'environment-removed' }>): void {
  book.settled.get(`${environment}/${region}`)?.push({ run: '', origin: '', artifact: '' });
  for (const run of book.unfinished()) {
    for (const { state, rollout } of run.stages.values()) {
      const at = state === 'in' && rollout?.environment === environment ? rollout.regions.get(region) : undefined;
      if (at && rollout?.breached && at.phase !== 'waiting') at.phase = 'restored';
      if (at && rollout?.accepted) at.phase = 'settled';
    }
  }
}

type InRun = Exclude<Extract<Event, { readonly run: string }>, { type: 'run-started' | 'command-refused' }>;

function inRun(book: Book, run: RunBook, event: InRun): void {
  switch (event.type) {
    case 'plan-adopted':
      run.plan = event.plan;
      run.planDigest = event.digest;
      break;
    case 'artifact-packaged': run.artifact = event.artifact; break;
    case 'cancel-requested': run.cancelled = { by: event.by }; break;
    case 'run-retried': tryAgain(run, event.attempt, event.actions); break;
    case 'run-finished':
      run.outcome = event.outcome;
      if (event.supersededBy !== undefined) run.supersededBy = event.supersededBy;
      run.ends.add(event.attempt);
      break;
    case 'approval-requested':
      run.approval = { evidence: event.evidence, atLeast: event.atLeast, expiresAt: event.expiresAt, given: [], rejected: false, attested: false };
      break;
    case 'approval-given': if (run.approval) {
      run.approval.given = [...run.approval.given.filter(({ by }) => !event.lapsed?.includes(by)), { by: event.by, user: event.user }];
      run.approval.atLeast = event.atLeast ?? run.approval.atLeast;
    }
      break;
    case 'approval-rejected': if (run.approval) run.approval.rejected = true; break;
    case 'budget-warned': if (event.error) stageOf(run, event.stage).broken = true; break;
    default: if ('stage' in event) inStage(book, run, event);
  }
}

function inStage(book: Book, run: RunBook, event: Extract<InRun, { readonly stage: string }>): void {
  const stage = stageOf(run, event.stage);
  switch (event.type) {
    case 'stage-queued': Object.assign(stage, { state: 'queued', turn: book.turns += 1 }); break;
    case 'stage-entered':
      stage.state = 'in';
      stage.fence = event.fence;
      stage.attested = false;
      book.fences.set(event.stage, event.fence);
      if (run.kind === 'STANDARD') book.lastToken.set(event.stage, event.fence);
      if (run.kind === 'STANDARD') for (const admitted of [book.admitted, book.everAdmitted]) admitted.set(event.stage, (admitted.get(event.stage) ?? new Set()).add(run.commit));
      break;
    case 'stage-passed': stage.state = 'passed'; break;
    case 'stage-failed': stage.state = 'failed'; break;
    case 'attestation-refused': stage.broken = true; break;
    case 'evidence-recorded':
      for (const { digest, name } of event.attestations) {
        run.evidence.push({ stage: event.stage, digest, fence: stage.fence });
        if (name.startsWith('approval') && run.approval) run.approval.attested = true;
        if (name === `${event.stage} passed`) stage.attested = true;
      }
      break;
    case 'rollout-started': {
      const waves = stagesOf(run).find(({ name }) => name === event.stage)?.waves ?? [];
      stage.rollout = { waves, environment: event.environment, accepted: false, regions: new Map(waves.flatMap(({ regions }) => regions).map((region) => [region, { phase: 'waiting', step: 0, shifted: false }])) };
      onward(stage.rollout);
      break;
    }
    case 'rollout': if (stage.rollout) inRollout(book, run, stage.rollout, event.fact); break;
    case 'action-started': stage.actions.set(event.action, { state: 'running', attempt: event.attempt }); break;
    case 'action-passed': stage.actions.set(event.action, { state: 'passed', attempt: event.attempt }); break;
    case 'action-failed':
      if (event.retryAt === undefined && !run.cancelled && !event.error.code.startsWith('APPROVAL_')) run.breached = true;
      stage.actions.set(event.action, { state: event.retryAt === undefined ? 'failed' : 'retrying', attempt: event.attempt, ...(event.retryAt === undefined ? {} : { retryAt: event.retryAt }) });
      break;
    case 'action-lost': stage.actions.set(event.action, { state: 'lost', attempt: event.attempt }); break;
    case 'action-cancelled': stage.actions.set(event.action, { state: 'cancelled', attempt: event.attempt }); break;
  }
}

function stageOf(run: RunBook, name: StagePlan['name']): StageBook {
  const known = run.stages.get(name);
  if (known) return known;
  const stage: StageBook = { state: 'queued', turn: 0, fence: 0, actions: new Map(), attested: false, broken: false };
  run.stages.set(name, stage);
  return stage;
}

function inRollout(book: Book, run: RunBook, rollout: RolloutBook, fact: RolloutFact): void {
  const region = 'region' in fact ? rollout.regions.get(fact.region) : undefined;
  switch (fact.type) {
    case 'prepared': if (region) Object.assign(region, { phase: 'shifting', step: fact.first ? lastStep(rollout, fact.region) : region.step }); break;
    case 'shifted': if (region) Object.assign(region, { phase: 'baking', shifted: true }); break;
    case 'baked': if (region) baked(rollout, fact.region, region); break;
    case 'held': if (region) region.phase = 'held'; break;
    case 'resumed': for (const [name, each] of rollout.regions) if (each.phase === 'held') baked(rollout, name, each); break;
    case 'breached':
      rollout.breached ??= { type: fact.cause.type, ...(fact.cause.region === undefined ? {} : { region: fact.cause.region }) };
      if (fact.cause.type !== 'human' && fact.cause.type !== 'pre-empted') run.breached = true;
      break;
    case 'restore-late': if (region) region.late = true; break;
    case 'restored': if (region) region.phase = 'restored'; break;
    case 'restore-failed': if (region) region.phase = 'restore-failed'; break;
    case 'accepted': rollout.accepted = true; break;
    case 'settled': if (region && run.artifact !== undefined) {
      region.phase = 'settled';
      const place = `${rollout.environment}/${fact.region}`;
      if (run.kind === 'ROLLBACK' && rollout.environment === 'prod') condemn(book, run, place);
      book.settled.set(place, [...book.settled.get(place) ?? [], { run: run.id, origin: run.restores ?? run.id, artifact: run.artifact }]);
    }
  }
  if (!rollout.breached && !rollout.accepted) onward(rollout);
}

function baked(rollout: RolloutBook, name: string, region: RegionBook): void {
  if (region.step === lastStep(rollout, name)) region.phase = 'done';
  else Object.assign(region, { phase: 'shifting', step: region.step + 1 });
}

export function lastStep({ waves }: RolloutBook, region: string): number {
  return (waves.find(({ regions }) => regions.includes(region))?.steps.length ?? 1) - 1;
}

/** §1.1: waves are ordered: one begins when all before it are through. While anything holds, none begins. */
function onward({ waves, regions }: RolloutBook): void {
  if ([...regions.values()].some(({ phase }) => phase === 'held')) return;
  const next = waves.find((wave) => wave.regions.some((name) => regions.get(name)?.phase !== 'done'));
  for (const name of next?.regions ?? []) if (regions.get(name)?.phase === 'waiting') regions.get(name)!.phase = 'preparing';
}

/** R6: stages that passed keep their results; what is done again is what did not pass, and all that it needs. */
function tryAgain(run: RunBook, attempt: number, actions: 'failed' | 'all'): void {
  for (const plan of stagesOf(run)) {
    const stage = run.stages.get(plan.name);
    if (!stage || stage.state === 'passed') continue;
    const isKept = (name: string): boolean => {
      if (plan.environment || stage.actions.get(name)?.state !== 'passed') return false;
      const isPackage = plan.actions.some((action) => action.name === name && action.kind === 'archive');
      if (isPackage && run.artifact !== undefined) return true;
      return actions === 'failed' && plan.actions.every((other) => !other.needs.includes(name) || isKept(other.name));
    };
    const kept = [...stage.actions].filter(([name]) => isKept(name));
    run.stages.delete(plan.name);
    if (kept.length > 0) run.stages.set(plan.name, { state: 'queued', turn: 0, fence: stage.fence, actions: new Map(kept), attested: false, broken: false });
  }
  if (run.kind === 'STANDARD' && run.stages.get('source')?.state !== 'passed') delete run.plan;
  Object.assign(run, { attempt, breached: false });
  for (const field of ['outcome', 'cancelled', 'approval'] as const) delete run[field];
}

/** §1.5: what a person took back is bad. */
function condemn(book: Book, run: RunBook, place: string): void {
  const before = book.settled.get(place)?.findLast(({ artifact }) => artifact !== '');
  if (before && before.origin !== run.restores) book.bad.add(before.origin);
}
