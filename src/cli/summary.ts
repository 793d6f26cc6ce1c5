import { stagesOf, type PipelineState, type Run } from '../core/state.ts';

/** A run as data: what `--json` prints. Times are epoch milliseconds. */
export function summaryOf(state: PipelineState, run: Run) {
  return {
    run: run.id, kind: run.kind, commit: run.commit, subject: state.trunk.commits.get(run.commit)?.subject ?? null, sequence: run.sequence, by: run.by,
    attempt: run.attempt, startedAt: run.startedAt, endedAt: run.finished?.at ?? null, outcome: run.finished?.outcome ?? 'IN_PROGRESS',
    rolledBack: run.finished?.rolledBack ?? false, reason: run.finished?.reason ?? null, error: run.finished?.error ?? null, supersededBy: run.finished?.supersededBy ?? null,
    plan: run.plan?.digest ?? null, artifact: run.artifact ?? null,
    evidence: run.evidence, waivers: run.plan?.plan.waivers ?? [],
    approval: run.approval ? { requested: run.approval.requested, given: run.approval.given, rejected: run.approval.rejected ?? null } : null,
    stages: stagesOf(run).map(({ name, actions, environment }) => {
      const stage = run.stages[name];
      return {
        stage: name, state: stage?.state ?? 'waiting', enteredAt: stage?.enteredAt ?? null, endedAt: stage?.endedAt ?? null, environment: environment?.name ?? null,
        rollout: stage?.rollout ? { phase: stage.rollout.state.phase, cause: stage.rollout.state.cause ?? null, regions: stage.rollout.state.regions } : null,
        actions: actions.map(({ name: action, row, kind }) => ({ action, row, kind, ...(stage?.actions[action] ?? { state: 'waiting' }) })),
      };
    }),
  };
}
