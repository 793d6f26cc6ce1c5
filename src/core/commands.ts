import { TrunklineError } from '../foundation/errors.ts';
import { newId } from '../foundation/ids.ts';
import type { Instant } from '../foundation/units.ts';
import type { Answer, Command } from './command.ts';
import type { Event } from '../journal/events.ts';
import { ruleFor, stillNeeded } from './approval-rule.ts';
import { approving } from './approving.ts';
import { authorise, authoriseRole, type Operators } from './operators.ts';
import { rollingBack } from './rolling-back.ts';
import { stagesOf, retriesOf, type PipelineState, type Run } from './state.ts';
import { isOfTrunk } from './trunk-fold.ts';

/** How often a run may be tried in all (R6). */
const MOST_ATTEMPTS = 3;

export interface Decision { readonly events: readonly Event[]; readonly answer: Answer }

export interface Asked { readonly user: string; readonly operators: Operators; readonly now: Instant }

type CoreCommand = Exclude<Command, { type: 'down' | 'poll' | 'approvers' }>;

/** What a command comes to. @throws {TrunklineError} class `usage` or `refused` when the rules don't allow it. */
export function decide(state: PipelineState, command: CoreCommand, asked: Asked): Decision {
  switch (command.type) {
    case 'run':
      return start(state, command, asked);
    case 'approve': {
      const run = waiting(state, command.run);
      const { message, events } = approving(state, run, command, asked);
      return decision(run, message, events);
    }
    case 'reject': {
      const run = waiting(state, command.run);
      const by = authorise(asked.operators, asked.user, command.as, run.plan ? ruleFor(state, run.plan.plan, asked.operators).groups : [], 'reject this release');
      return decision(run, `rejected by ${by}`, [{ type: 'approval-rejected', at: asked.now, run: run.id, by, user: asked.user, reason: command.reason, defect: command.defect }]);
    }
    case 'cancel': {
      const run = known(state, command.run);
      authoriseRole(asked.operators, asked.user, 'cancel', 'stop a run');
      if (run.finished) throw finished(run);
      if (run.cancel) return decision(run, 'it is being stopped already', []);
      if (isAccepted(run)) throw acceptedAlready(run);
      return decision(run, 'it is being stopped', [{ type: 'cancel-requested', at: asked.now, run: run.id, by: asked.user, reason: command.reason }]);
    }
    case 'retry':
      authoriseRole(asked.operators, asked.user, 'retry', 'try a run again');
      return retry(state, known(state, command.run), command.actions, asked);
    case 'rollback':
      return rollingBack(state, command, asked);
    case 'resume': {
      const run = known(state, command.run);
      authoriseRole(asked.operators, asked.user, 'resume', 'vouch for what was not measured');
      const held = Object.values(run.stages).find((stage) => stage?.rollout?.state.phase === 'holding');
      if (!held) throw new TrunklineError('NOT_HOLDING', 'usage', `run ${run.id} is not holding`, `"trunkline show ${run.id}" shows where it is`);
      return decision(run, 'it goes on', [{ type: 'rollout', at: asked.now, run: run.id, stage: held.name, fact: { type: 'resumed', by: asked.user } }]);
    }
  }
}

function start(state: PipelineState, command: Extract<Command, { type: 'run' }>, { user, now }: Asked): Decision {
  const commit = state.trunk.commits.get(command.commit);
  if (!commit) throw new TrunklineError('NOT_ON_TRUNK', 'refused', `${command.commit} is no commit of the trunk that Trunkline has seen`, 'merge it to the trunk first');
  if (commit.orphaned) throw new TrunklineError('NOT_ON_TRUNK', 'refused', `${command.commit.slice(0, 12)} left the trunk when it was rewritten`, 'merge it to the trunk again');
  const earlier = lastRunOf(state, commit.id);
  if (earlier && !earlier.finished) return decision(earlier, `run ${earlier.id} of this commit is under way already`, []);
  // What became of it before it left the trunk, or before what carried it did, says nothing of it now.
  if (earlier?.finished && commit.hasRun && !command.again) {
    if (earlier.finished.outcome === 'SUCCEEDED') return decision(earlier, `run ${earlier.id} has released this commit already; --again releases it once more`, []);
    const superseded = earlier.finished.outcome === 'SUPERSEDED';
    throw new TrunklineError('RUN_ENDED', 'refused', `run ${earlier.id} of this commit ended ${earlier.finished.outcome}: ${earlier.finished.reason}`,
      superseded ? 'its change is in the newer commit' : `"trunkline retry ${earlier.id}" tries it again`);
  }
  const run = newId('r', now);
  return {
    events: [{ type: 'run-started', at: now, run, sequence: commit.place, kind: 'STANDARD', commit: commit.id, by: user }],
    answer: { run, message: `run ${run} begins for ${commit.id.slice(0, 12)}`, began: true },
  };
}

/** The one that is under way, else the last that began: a commit has one run at a time. */
function lastRunOf(state: PipelineState, commit: string): Run | undefined {
  const all = [...state.runs.values()].filter((run) => run.kind === 'STANDARD' && run.commit === commit);
  return all.findLast((run) => !run.finished) ?? all.at(-1);
}

function isAccepted(run: Run): boolean {
  return Object.values(run.stages).some((stage) => stage?.state === 'running' && stage.rollout?.state.phase === 'settling');
}

function acceptedAlready(run: Run): TrunklineError {
  return new TrunklineError('ACCEPTED_ALREADY', 'refused', `the release of run ${run.id} was accepted: in each region it is being made the stable one, and nothing of that can be stopped`,
    '"trunkline rollback" puts the release before it back, once that is done everywhere');
}

function retry(state: PipelineState, run: Run, actions: 'failed' | 'all', { user, now }: Asked): Decision {
  if (!run.finished && retriesOf(run).length > 0) return decision(run, 'what failed is tried now', [{ type: 'retry-hastened', at: now, run: run.id, by: user }]);
  const refused = whyNoRetry(state, run);
  if (refused) throw refused;
  return decision(run, `attempt ${run.attempt + 1} of run ${run.id} begins`, [{ type: 'run-retried', at: now, run: run.id, attempt: run.attempt + 1, by: user, actions }], true);
}

/** Why a run can't be tried again; undefined where it can, and where its artifact may be needed once more. */
export function whyNoRetry(state: PipelineState, run: Run): TrunklineError | undefined {
  if (!run.finished) return new TrunklineError('RUN_UNFINISHED', 'usage', `run ${run.id} has not ended`, `stop it with "trunkline cancel ${run.id}"`);
  if (run.finished.outcome === 'SUCCEEDED' || run.finished.outcome === 'SUPERSEDED') return finished(run);
  if (run.attempt >= MOST_ATTEMPTS) return new TrunklineError('RETRY_LIMIT', 'refused', `run ${run.id} was tried ${run.attempt} times`, 'commit a correction to the trunk');
  if (run.kind === 'ROLLBACK') return whyNotBack(state, run);
  if (state.trunk.commits.get(run.commit)?.orphaned) return new TrunklineError('SOURCE_GONE', 'refused', `${run.commit.slice(0, 12)} left the trunk when it was rewritten`, 'merge it to the trunk again');
  const last = lastRunOf(state, run.commit);
  if (last && last.id !== run.id) {
    const why = `run ${last.id} of the same commit has taken its place`;
    return new TrunklineError('RETRY_TOO_LATE', 'refused', why, `"trunkline show ${last.id}" shows what became of it`);
  }
  if (!isOfTrunk(state, run)) {
    const why = `${run.commit.slice(0, 12)} left the trunk and came back since: it is new there`;
    return new TrunklineError('RETRY_TOO_LATE', 'refused', why, `"trunkline run ${run.commit.slice(0, 12)}" begins a run of it`);
  }
  const ended = stagesOf(run).find(({ name }) => run.stages[name] && run.stages[name].state !== 'passed');
  if (ended && ended.mode !== 'parallel' && state.stages[ended.name].lastAdmitted > run.sequence) {
    return new TrunklineError('RETRY_TOO_LATE', 'refused', `a newer commit has entered ${ended.name} since`, 'its run carries this change');
  }
  return undefined;
}

/** A rollback goes back behind all that was admitted before it; after it, nothing may have been. */
function whyNotBack(state: PipelineState, run: Run): TrunklineError | undefined {
  if (run.stages.prod?.state === 'passed') return finished(run);
  if (state.stages.prod.lastFence <= (run.stages.prod?.fence ?? 0)) return undefined;
  return new TrunklineError('RETRY_TOO_LATE', 'refused', 'a newer commit has entered prod since', '"trunkline rollback" looks anew at what is live and what was good');
}

function known(state: PipelineState, id: string): Run {
  const run = state.runs.get(id);
  if (!run) throw new TrunklineError('RUN_UNKNOWN', 'usage', `there is no run ${JSON.stringify(id)}`, '"trunkline runs" lists them');
  return run;
}

function waiting(state: PipelineState, id: string): Run {
  const run = known(state, id);
  if (run.finished) throw finished(run);
  if (!run.approval || run.stages.prod?.state !== 'running') throw notWaiting(state, run);
  if (run.approval.rejected) throw new TrunklineError('APPROVAL_DECIDED', 'refused', 'it was rejected already');
  if (stillNeeded(run.approval) === 0) throw new TrunklineError('APPROVAL_DECIDED', 'refused', 'it was approved already');
  return run;
}

function notWaiting(state: PipelineState, run: Run): TrunklineError {
  const queued = Object.values(run.stages).find((stage) => stage?.state === 'queued');
  const ahead = queued && [...state.unfinished].find((id) => state.runs.get(id)?.stages[queued.name]?.state === 'running');
  if (queued && ahead !== undefined) return new TrunklineError('NOT_WAITING', 'refused', `run ${run.id} does not wait for approval yet: it waits for ${queued.name}, where run ${ahead} is`, `decide on that one, or stop it with "trunkline cancel ${ahead}"`);
  return new TrunklineError('NOT_WAITING', 'refused', `run ${run.id} does not wait for approval`, `"trunkline show ${run.id}" shows where it is`);
}

function finished(run: Run): TrunklineError {
  return new TrunklineError('RUN_ENDED', 'refused', `run ${run.id} ended ${run.finished?.outcome ?? ''}: ${run.finished?.reason ?? ''}`);
}

function decision(run: Run, message: string, events: readonly Event[], began = false): Decision {
  return { events, answer: { run: run.id, message, began } };
}
