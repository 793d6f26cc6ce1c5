import type { StagePlan } from './plan.ts';

/**
 * The first stage of every run. It is built in, since the plan is only known once it has passed: it proves that the
 * commit is on the trunk, evaluates the pipeline as it is written at that commit, and judges every row of Source by its
 * files.
 */
export const sourceStage: StagePlan = {
  name: 'source',
  budgetMs: 120_000,
  mode: 'parallel',
  waves: [],
  actions: [
    { name: 'commit', row: 'pipeline.trunk-only', kind: 'commit', input: {}, needs: [], timeoutMs: 60_000, retry: { attempts: 3, backoffMs: 1_000 } },
    { name: 'plan', row: 'pipeline.as-code', kind: 'plan', input: {}, needs: ['commit'], timeoutMs: 60_000, retry: { attempts: 3, backoffMs: 1_000 } },
    { name: 'rows', row: 'source.application', kind: 'source-rows', input: {}, needs: ['plan'], timeoutMs: 60_000, retry: { attempts: 1, backoffMs: 0 } },
  ],
};
