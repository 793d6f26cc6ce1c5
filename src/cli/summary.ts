import { waitedForApproval } from '../core/budget.ts';
import { criticalPathOf } from '../core/critical-path.ts';
import { instantAt, stagesOf, type PipelineState, type Run } from '../core/state.ts';
import type { Operators } from '../core/operators.ts';
import { approvalTold } from './approval.ts';
import type { Instant } from '../foundation/units.ts';

/** When the clock of the machine was set while a run was under way, and by how much: what it lasted is not changed by it. */
export function clockJumpsIn({ clockJumps }: PipelineState, { startedAt, finished }: Run): PipelineState['clockJumps'] {
  return clockJumps.filter(({ at }) => at >= startedAt && at <= (finished?.at ?? Infinity));
}

/** A run as data: what `--json` prints. Times are epoch milliseconds; durations of what is under way reach to `now`. */
export function summaryOf(state: PipelineState, run: Run, operators: () => Operators, now: Instant = instantAt(state, Date.now())) {
  const end = run.finished?.at ?? now;
  const waitedForApprovalMs = waitedForApproval(run, now);
  return {
    run: run.id, kind: run.kind, commit: run.commit, subject: state.trunk.commits.get(run.commit)?.subject ?? null, sequence: run.sequence, by: run.by,
    attempt: run.attempt, startedAt: run.startedAt, endedAt: run.finished?.at ?? null, outcome: run.finished?.outcome ?? 'IN_PROGRESS',
    rolledBack: run.finished?.rolledBack ?? false, reason: run.finished?.reason ?? null, error: run.finished?.error ?? null, supersededBy: run.finished?.supersededBy ?? null,
    workMs: Math.max(0, end - run.attemptStartedAt - waitedForApprovalMs), waitedForApprovalMs, criticalPath: criticalPathOf(run, now), budgetWarnings: run.warnings ?? [],
    plan: run.plan?.digest ?? null, artifact: run.artifact ?? null,
    clockJumps: clockJumpsIn(state, run), evidence: run.evidence, waivers: run.plan?.plan.waivers ?? [],
    approval: run.approval ? { requested: run.approval.requested, given: run.approval.given, rejected: run.approval.rejected ?? null, told: approvalTold(state, run, operators) } : null,
    stages: stagesOf(run).map(({ name, actions, environment }) => {
      const stage = run.stages[name];
      return {
        stage: name, state: stage?.state ?? 'waiting', enteredAt: stage?.enteredAt ?? null, endedAt: stage?.endedAt ?? null, durationMs: stage?.enteredAt === undefined ? null : (stage.endedAt ?? end) - stage.enteredAt, environment: environment?.name ?? null,
        retries: Object.values(stage?.retries ?? {}),
        rollout: stage?.rollout ? { phase: stage.rollout.state.phase, cause: stage.rollout.state.cause ?? null, regions: stage.rollout.state.regions } : null,
        actions: actions.map(({ name: action, row, kind }) => ({ action, row, kind, ...(stage?.actions[action] ?? { state: 'waiting' }) })),
      };
    }),
  };
}
