/** What a person may ask for: what the rules allow is not refused. That it is not done otherwise, the events show. */
import type { Command } from '../../../src/core/command.ts';
import { standing, type Book, type RunBook } from '../book.ts';
import { isApproved } from './actions.ts';
import { newerThan } from './admission.ts';
import { MAY } from './release.ts';

/** Why a command must not be refused; undefined where it may be. */
export function claimOf(book: Book, command: Command, user: string, now: number): string | undefined {
  const run = 'run' in command ? book.runs.get(command.run) : undefined;
  switch (command.type) {
    case 'approve': {
      const isStale = command.evidence !== undefined && command.evidence !== run?.approval?.evidence;
      return run && MAY.has(user) && !isStale && waitsForPeople(run, now) ? 'what waits for approval can be approved by whoever may' : undefined;
    }
    case 'reject': return run && MAY.has(user) && waitsForPeople(run, now) ? 'what waits for approval can be rejected by whoever may' : undefined;
    case 'cancel': return run && run.outcome === undefined && ![...run.stages.values()].some(({ state, rollout }) => state === 'in' && rollout?.accepted) ? 'a run that is under way can be stopped' : undefined;
    case 'resume': return run && [...run.stages.values()].some((stage) => stage.state === 'in' && isHolding(stage.rollout)) ? 'what holds can be resumed' : undefined;
    case 'retry': return run && mayRetry(book, run) ? 'R6: what failed can be tried again while no newer run was admitted' : undefined;
    case 'run': {
      const earlier = [...book.runs.values()].filter((one) => one.commit === command.commit && book.isOfTrunk(one));
      return book.trunk.includes(command.commit) && (earlier.length === 0 || command.again) ? 'a commit of the trunk can run' : undefined;
    }
    default: return undefined;
  }
}

function isHolding(rollout: NonNullable<ReturnType<RunBook['stages']['get']>>['rollout']): boolean {
  return rollout !== undefined && !rollout.breached && !rollout.accepted && [...rollout.regions.values()].some(({ phase }) => phase === 'held');
}

function waitsForPeople(run: RunBook, now: number): boolean {
  const { approval } = run;
  return run.outcome === undefined && !run.cancelled && run.stages.get('prod')?.state === 'in' && approval !== undefined && !approval.rejected && !isApproved(run) && now < approval.expiresAt;
}

function mayRetry(book: Book, run: RunBook): boolean {
  const stage = standing(run);
  const isEnded = run.outcome === 'FAILED' || run.outcome === 'STOPPED' || run.outcome === 'REJECTED' || run.outcome === 'EXPIRED';
  if (run.kind === 'ROLLBACK' && (book.lastToken.get('prod') ?? 0) > (run.stages.get('prod')?.fence ?? 0)) return false; // R6
  const isOnTrunk = run.kind === 'ROLLBACK' || (book.isOfTrunk(run) && laterRun(book, run) === undefined);
  // What was newer and has left the trunk since stands in nobody's way.
  return isEnded && isOnTrunk && run.attempt < 3 && stage !== undefined && (stage.mode === 'parallel' || newerThan(book, run, stage.name, 'ever') === undefined);
}

/** R6: a newer run of the same commit is newer, too. */
export function laterRun(book: Book, run: RunBook): RunBook | undefined {
  const all = [...book.runs.values()].filter(({ kind, commit }) => kind === 'STANDARD' && commit === run.commit);
  return all.slice(all.indexOf(run) + 1).at(0);
}
