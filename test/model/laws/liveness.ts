/** What must have followed by now: nothing waits for what will never come. */
import type { StageName } from '../../../src/pipeline/plan.ts';
import { standing, type Book, type RunBook } from '../book.ts';
import { allPassed, CORE_KINDS, isApproved, isStopped } from './actions.ts';
import { atDoor, newerThan } from './admission.ts';

const LOCKED = ['beta', 'gamma', 'prod'] as const satisfies readonly StageName[];

export function livenessFault(book: Book, now: number): string | undefined {
  for (const run of book.unfinished()) {
    const fault = orphanFault(book, run) ?? runFault(run, now);
    if (fault !== undefined) return `${run.id}: ${fault}`;
  }
  return LOCKED.map((stage) => doorFault(book, stage)).find((fault) => fault !== undefined);
}

/** §6: what left the trunk is stopped, unless production may have met it. */
function orphanFault(book: Book, run: RunBook): string | undefined {
  if (run.kind === 'ROLLBACK' || book.isOfTrunk(run) || run.cancelled || run.stages.get('prod')?.rollout) return undefined;
  return 'its commit left the trunk, and it goes on';
}

function runFault(run: RunBook, now: number): string | undefined {
  const plan = standing(run);
  if (!plan) return 'all its stages are done, and it has not ended';
  const stage = run.stages.get(plan.name);
  if (run.cancelled && stage?.state !== 'in') return 'it was stopped while it was inside no stage, and has not ended';
  if (stage?.state !== 'in') return undefined;
  const { rollout } = stage;
  if (isStopped(run, stage)) {
    const isWorking = plan.actions.some(({ name, kind }) => !CORE_KINDS.has(kind) && stage.actions.get(name)?.state === 'running');
    const isBack = !rollout || (rollout.breached !== undefined && [...rollout.regions.values()].every(({ phase }) => phase === 'waiting' || phase === 'restored'));
    if (!isWorking && isBack) return `nothing of ${plan.name} is left, which can't pass, and it has not ended`;
    return rollout && !rollout.breached ? 'it can no longer pass, and its rollout goes on' : undefined;
  }
  const idle = plan.actions.find(({ name, needs }) => {
    const known = stage.actions.get(name);
    const isDue = known === undefined || known.state === 'lost' || (known.state === 'retrying' && (known.retryAt ?? 0) <= now);
    return isDue && needs.every((need) => stage.actions.get(need)?.state === 'passed');
  });
  if (idle) return `${plan.name}.${idle.name} has all that it needs, and was not begun`;
  if (isApproved(run) && run.approval?.attested && stage.actions.get('approval')?.state === 'running') return 'it was approved, and does not go on';
  if (run.approval && !isApproved(run) && now >= run.approval.expiresAt && plan.name === 'prod') return 'its approval has run out, and it has not ended';
  if (!allPassed(run, plan.name) || (run.kind === 'STANDARD' && plan.name !== 'source' && !stage.attested)) return undefined;
  if (!rollout || [...rollout.regions.values()].every(({ phase }) => phase === 'settled')) return `all of ${plan.name} is done, and it has not passed`;
  return rollout.accepted ? undefined : `all of ${plan.name} has passed, and its release was not accepted`;
}

/** What comes by time alone is waited for: the next try of an action, the end of the time to approve. */
export function wakeFault(book: Book, wakeAt: number | undefined): string | undefined {
  for (const run of book.unfinished()) {
    const plan = standing(run);
    const stage = plan && run.stages.get(plan.name);
    if (stage?.state !== 'in' || isStopped(run, stage)) continue;
    const retries = [...stage.actions].flatMap(([name, { state, retryAt }]) => (state === 'retrying' && retryAt !== undefined ? [[`the next try of ${name}`, retryAt] as const] : []));
    const expiry = run.approval && !isApproved(run) ? [['the end of the time to approve', run.approval.expiresAt] as const] : [];
    const missed = [...retries, ...expiry].find(([, at]) => wakeAt === undefined || wakeAt > at);
    if (missed) return `nothing wakes the host for ${missed[0]} of ${run.id}`;
  }
  return undefined;
}

/** A stage that is free lets somebody in, and the inbound slot holds one. */
function doorFault(book: Book, stage: StageName): string | undefined {
  const holder = book.holder(stage);
  const waiting = atDoor(book, stage);
  const rollback = waiting.find(({ kind }) => kind === 'ROLLBACK');
  if (!holder && waiting.length > 0) return `${stage} is free, and ${waiting.map(({ id }) => id).join(' and ')} wait for it`;
  const inside = holder?.stages.get(stage);
  if (holder && rollback && holder.kind === 'STANDARD' && !holder.cancelled && !inside?.rollout?.accepted) return `R4: ${rollback.id} waits for ${stage}, and ${holder.id} does not go back`;
  const queue = waiting.filter((run) => run.kind === 'STANDARD' && standing(run)?.mode === 'superseded');
  if (queue.length > 1 && queue.some((run) => queue.some((other) => book.isLater(other.commit, run.commit)))) return `§6: the inbound slot of ${stage} holds one, and ${queue.map(({ id }) => id).join(' and ')} are in it`;
  const late = queue.find((run) => newerThan(book, run, stage) !== undefined);
  return late ? `R1: ${late.id} waits for ${stage}, where a newer commit has been` : undefined;
}
