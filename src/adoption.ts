import type { Effects } from './host/effects.ts';
import type { ActionPlan, Plan, StagePlan } from './pipeline/plan.ts';

/** Rows whose actions look for what a baseline may forgive. */
const SEARCHED: ReadonlySet<string> = new Set(['build.code-quality', 'build.secrets', 'build.sast', 'build.sca']);

/** Errors of what was found, and of nothing else. */
const LIMITS: ReadonlySet<string> = new Set(['FINDINGS_OVER_LIMIT', 'SOURCE_INCOMPLETE']);

/** Of Build, only what looks for findings and what that needs: a failing test is no matter of the baseline. */
export function searchesOf(plan: Plan): Plan {
  return buildOf(plan, searches);
}

/** Of Build, only the actions that are meant, and what they need. */
export function buildOf(plan: Plan, isMeant: (action: ActionPlan) => boolean): Plan {
  return { ...plan, stages: plan.stages.map((stage) => (stage.name === 'build' ? { ...stage, actions: withNeeds(stage, isMeant) } : stage)) };
}

/** Lets every search end as it would without a limit, so that one which is over its own does not stop the others. */
export function forgiving(effects: Effects): Effects {
  return {
    recover: (state) => effects.recover(state),
    perform: async (effect, state, report, signal) => {
      const fact = await effects.perform(effect, state, report, signal);
      if (fact?.type !== 'attempt-ended' || fact.end.state !== 'failed' || !LIMITS.has(fact.end.error.code)) return fact;
      return { ...fact, end: { state: 'passed', output: fact.end.output ?? {} } };
    },
    release: (run, stage) => effects.release(run, stage),
    close: () => effects.close(),
  };
}

function searches({ row, input }: ActionPlan): boolean {
  return SEARCHED.has(row) || (typeof input === 'object' && input !== null && 'findings' in input);
}

function withNeeds({ actions }: StagePlan, isMeant: (action: ActionPlan) => boolean): ActionPlan[] {
  const meant = new Set<string>();
  const add = (action: ActionPlan): void => {
    if (meant.has(action.name)) return;
    meant.add(action.name);
    for (const need of actions.filter(({ name }) => action.needs.includes(name))) add(need);
  };
  for (const action of actions.filter(isMeant)) add(action);
  return actions.filter(({ name }) => meant.has(name));
}
