/** §1: approval, rollout and their ends. */
import type { RolloutFact } from '../../../src/rollout/rollout.ts';
import type { Book, RolloutBook, RunBook } from '../book.ts';
import { allPassed, isApproved, isOfThisEntry, isStopped } from './actions.ts';
import { supersededFault } from './admission.ts';
import { factIn, isCommand, unless, type Case, type Law, type Laws } from './law.ts';

/** Those whom the operator's file lets approve. */
export const MAY: ReadonlySet<string> = new Set(['ann', 'bob']);

export const releaseLaws: Laws = {
  'approval-requested': (event, { book }) => {
    const run = book.run(event.run);
    return unless(
      [event.artifact === run.artifact && event.plan === run.planDigest, 'an approval binds the artifact and the plan'],
      [isDigestOf(book, run, event.evidence), 'an approval binds the evidence: equal digests for equal evidence, and no others'],
      [run.approval === undefined, 'an approval is asked for once in an attempt'],
    );
  },
  'approval-given': (event, at) => {
    const { approval, outcome } = at.book.run(event.run);
    return unless(
      [isCommand(at, 'approve') && MAY.has(event.user), 'an authorised person approves, and nothing else'],
      [outcome === undefined && approval !== undefined && !approval.rejected, 'what waits is approved, and nothing else'],
      [event.evidence === approval?.evidence, 'an approval is of exactly what was asked for'],
      [at.now < (approval?.expiresAt ?? 0), '§1.7: an approval expires'],
      [approval?.given.every(({ by, user }) => event.lapsed?.includes(by) || (by !== event.by && user !== event.user)) === true, 'one person approves once'],
    );
  },
  'approval-rejected': (event, at) => unless([isCommand(at, 'reject') && MAY.has(event.user), 'an authorised person rejects, and nothing else']),
  'cancel-requested': (event, at) => {
    const run = at.book.run(event.run);
    const prod = at.book.holder('prod')?.id === run.id && at.book.waiting('prod').some(({ kind }) => kind === 'ROLLBACK');
    const isOrphan = run.kind === 'STANDARD' && factIn(at)?.type === 'trunk-seen' && !at.book.trunk.includes(run.commit);
    return unless(
      [run.outcome === undefined && run.cancelled === undefined, 'a run is stopped once, while it is under way'],
      [isCommand(at, 'cancel') || prod || isOrphan, 'R2: a run is stopped by a person, by R4, or because its commit left the trunk'],
    );
  },
  'run-retried': (event, { book }) => {
    const run = book.run(event.run);
    const twin = run.kind === 'STANDARD' ? book.unfinished().find((other) => other.kind === 'STANDARD' && other.commit === run.commit) : undefined;
    if (twin) return `a commit has one run at a time, and ${twin.id} is under way`;
    if (run.kind === 'STANDARD' && !book.isOfTrunk(run)) return '§6: what left the trunk is an orphan, and not tried again';
    return unless([run.outcome !== undefined && run.outcome !== 'SUCCEEDED' && run.outcome !== 'SUPERSEDED', 'R6: what failed is tried again'], [event.attempt === run.attempt + 1 && event.attempt <= 3, 'R6: three times at most']);
  },
  'rollout-started': (event, { book }) => {
    const run = book.run(event.run);
    return unless(
      [event.artifact === run.artifact, 'what is rolled out is the artifact of the run'],
      [run.stages.get(event.stage)?.actions.get('verify')?.state === 'passed', 'only what was verified carries traffic'],
      [event.stage !== 'prod' || run.kind === 'ROLLBACK' || (isApproved(run) && run.approval?.attested === true), 'nothing reaches production before it is approved'],
    );
  },
  'rollout': (event, at) => {
    const run = at.book.run(event.run);
    const stage = run.stages.get(event.stage);
    if (!stage?.rollout) return 'a rollout has begun before anything happens to it';
    const byItself = event.fact.type === 'accepted' || (event.fact.type === 'breached' && !['alarm', 'health'].includes(event.fact.cause.type));
    const isReported = !byItself && (factIn(at)?.type === 'rollout' || factIn(at)?.type === 'effect-failed');
    return unless([stage.state === 'in', 'nothing moves in a stage that the run is not inside'], [!isReported || isOfThisEntry(stage, at), 'R3: a stale token is refused'])
      ?? factFault(at, run, event.stage, stage.rollout, event.fact);
  },
  'run-finished': (event, { book, now }) => {
    const run = book.run(event.run);
    return unless([run.outcome === undefined && !run.ends.has(event.attempt) && event.attempt === run.attempt, 'each attempt of a run is finished exactly once'])
      ?? outcomeFault(book, run, event, now);
  },
};

function factFault(at: Case, run: RunBook, stage: 'source' | 'build' | 'beta' | 'gamma' | 'prod', rollout: RolloutBook, fact: RolloutFact): string | undefined {
  const region = 'region' in fact ? rollout.regions.get(fact.region) : undefined;
  const isForward = !rollout.breached && !rollout.accepted;
  const weight = 'step' in fact ? rollout.waves.find(({ regions }) => regions.includes(fact.region))?.steps[fact.step]?.weight : undefined;
  switch (fact.type) {
    case 'prepared': return unless([isForward && region?.phase === 'preparing', 'waves come in their order']);
    case 'shifted': return unless([isForward && region?.phase === 'shifting' && fact.step === region.step && fact.weight === weight, 'traffic moves by the steps of the plan, in their order']);
    case 'baked': return unless([isForward && (region?.phase === 'baking' || region?.phase === 'held') && fact.step === region.step, 'a step is left when it was baked']);
    case 'held': return unless([isForward && region?.phase === 'baking', 'what bakes can be held']);
    case 'resumed': return unless([isCommand(at, 'resume'), 'a person resumes'], [isForward, 'what goes back is not resumed']);
    case 'breached': return unless([!rollout.accepted, 'what was accepted has no way back in its run'], [rollout.breached === undefined, 'the first breach counts']);
    case 'restore-failed': return '§1.5: a restore is owed until it is done, and never given up';
    case 'restored': case 'restore-late': return unless([rollout.breached !== undefined, 'regions go back after a breach alone'], [region !== undefined && region.phase !== 'waiting', 'what was not touched does not go back']);
    case 'accepted': return unless([isForward && allPassed(run, stage), 'a release is accepted when all its verification has passed'], [[...rollout.regions.values()].every(({ phase }) => phase === 'done'), 'a release is accepted when all its waves are through']);
    case 'settled': return unless([rollout.accepted, 'a release becomes the stable one once it is accepted']);
    default: return undefined;
  }
}

const outcomeFault = (book: Book, run: RunBook, event: Parameters<Law<'run-finished'>>[0], now: number): string | undefined => {
  const stages = [...run.stages.values()];
  const isInside = stages.some(({ state }) => state === 'in');
  const approval = run.approval;
  switch (event.outcome) {
    case 'SUPERSEDED': return supersededFault(book, run, event.supersededBy);
    case 'SUCCEEDED': return unless([run.left === undefined, '§1.5: what could not be put back everywhere did not succeed'], [stages.length > 0 && stages.every(({ state }) => state === 'passed') && run.plan !== undefined, '§5: a run succeeds when all its stages are done']);
    case 'STOPPED': return unless([run.cancelled !== undefined, 'R7: a run is stopped when somebody asked'], [!run.breached, '§5: a breach ends FAILED, whatever was asked for afterwards'], [!restoreFailed(run), 'what could not be put back is a failure'], [!isInside, 'a run ends outside its stage']);
    case 'REJECTED': return unless([approval?.rejected === true, 'a run is rejected by a person'], [!run.breached, '§5: a breach ends FAILED']);
    case 'EXPIRED': return unless([approval !== undefined && !isApproved(run) && now >= approval.expiresAt, '§1.7: a run expires when nobody approved in time']);
    case 'FAILED': return run.left ? undefined : unless([stages.some(({ state }) => state === 'failed'), 'a run fails when a stage of it does'], [run.breached || restoreFailed(run) || failedAction(run), '§5: a run that nothing is wrong with does not fail']);
    default: return undefined;
  }
};

function failedAction(run: RunBook): boolean {
  return [...run.stages.values()].some((stage) => stage.broken || [...stage.actions.values()].some(({ state }) => state === 'failed') || isStopped(run, stage));
}

function restoreFailed(run: RunBook): boolean {
  return [...run.stages.values()].some((stage) => [...stage.rollout?.regions.values() ?? []].some(({ phase }) => phase === 'restore-failed'));
}

const digests = new WeakMap<Book, Map<string, string>>();

/** Whether this digest stands for this evidence alone, and was never seen for other evidence. */
function isDigestOf(book: Book, run: RunBook, digest: string): boolean {
  const known = digests.get(book) ?? new Map<string, string>();
  digests.set(book, known);
  const evidence = currentEvidence(run).toSorted().join(' ');
  const before = [...known].find(([one, other]) => one === digest || other === evidence);
  known.set(digest, evidence);
  return before === undefined || (before[0] === digest && before[1] === evidence);
}

/** What was signed of the stages as this attempt passed them. */
function currentEvidence(run: RunBook): string[] {
  return run.evidence.filter(({ stage, fence }) => stage !== 'prod' && run.stages.get(stage)?.fence === fence).map(({ digest }) => digest);
}
