import type { EventOf } from '../journal/events.ts';
import { stagesOf, type Run, type StageRun } from './state.ts';

/**
 * A retried run keeps the stages that passed. In the stage that failed, `failed` keeps what an environment's state does
 * not depend on: a stage that deploys begins anew, with a new approval, and in Build the artifact, once packaged, is
 * never made again. What failed is done again with all that it needs, because it works in a fresh checkout.
 */
export function retried(run: Run, event: EventOf<'run-retried'>): Run {
  const { finished: _finished, cancel: _cancel, approval: _approval, warnings: _warnings, fault: _fault, ...kept } = run;
  const stages = Object.fromEntries(stagesOf(run).flatMap((plan) => {
    const stage = run.stages[plan.name];
    if (!stage) return [];
    if (stage.state === 'passed') return [[plan.name, stage]];
    const redo = new Set<string>();
    const redoWithNeeds = (name: string): void => {
      if (redo.has(name)) return;
      redo.add(name);
      for (const need of plan.actions.find((action) => action.name === name)?.needs ?? []) redoWithNeeds(need);
    };
    for (const action of plan.actions) if (event.actions === 'all' || plan.environment || stage.actions[action.name]?.state !== 'passed') redoWithNeeds(action.name);
    const packaged = plan.actions.find(({ kind }) => kind === 'archive')?.name;
    if (run.artifact && packaged) redo.delete(packaged);
    const kept = Object.entries(stage.actions).filter(([name]) => !redo.has(name));
    return kept.length > 0 ? [[plan.name, { name: plan.name, state: 'queued', fence: stage.fence, actions: Object.fromEntries(kept) } satisfies StageRun]] : [];
  }));
  // Where Source begins anew, so does the question what the commit's pipeline is.
  const { plan: _plan, ...planless } = kept;
  const rest = run.kind === 'STANDARD' && run.stages.source?.state !== 'passed' ? planless : kept;
  // What was signed of a stage that did not pass speaks of a time that is over.
  const evidence = run.evidence.filter(({ stage }) => run.stages[stage]?.state === 'passed');
  return { ...rest, evidence, retriedBy: [...run.retriedBy ?? [], event.by], attempt: event.attempt, attemptStartedAt: event.at, since: event.at, stages };
}
