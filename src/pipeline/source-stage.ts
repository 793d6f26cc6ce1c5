import type { StagePlan } from './plan.ts';

/**
 * The first stage of every run. It is built in, since the plan is only known once it has passed: it proves that the
 * commit is on the trunk, then evaluates the pipeline as it is written at that commit.
 */
export const sourceStage: StagePlan = {
  name: 'source',
  budgetMs: 120_000,
  mode: 'parallel',
  waves: [],
  actions: [
    { name: 'commit', row: 'pipeline.trunk-only', kind: 'commit', input: {}, needs: [], timeoutMs: 60_000, retry: { attempts: 3, backoffMs: 1_000 } },
    { name: 'plan', row: 'pipeline.as-code', kind: 'plan', input: {}, needs: ['commit'], timeoutMs: 60_000, retry: { attempts: 3, backoffMs: 1_000 } },
  ],
};
