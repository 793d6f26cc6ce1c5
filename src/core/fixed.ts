import type { ErrorRecord } from '../foundation/errors.ts';
import type { Run } from './state.ts';

/** What a run obeys and what it releases are settled once: what a person approved must be what goes out. */
export const PLAN_FIXED: ErrorRecord = {
  code: 'PLAN_FIXED', class: 'refused', message: 'something tried to change the pipeline of a run that had adopted one, or outside of Source',
  hint: 'take what does so out of trunkline.config.ts; only Source evaluates it',
};

export const ARTIFACT_FIXED: ErrorRecord = {
  code: 'ARTIFACT_FIXED', class: 'refused', message: 'something tried to replace the artifact of a run that had packaged one, or outside of Build',
  hint: 'take what does so out of trunkline.config.ts; only Build packages, and once',
};

/** Once, while its Source is under way; a rollback brings its plan along. */
export function mayAdopt(run: Run): boolean {
  return run.plan === undefined && (run.kind === 'ROLLBACK' || run.stages.source?.state === 'running');
}

/** Once, while its Build is under way. */
export function mayPackage(run: Run): boolean {
  return run.artifact === undefined && run.stages.build?.state === 'running';
}

/** The first fault counts; what was there before it stays. */
export function faulted(run: Run, error: ErrorRecord): Run {
  return run.fault ? run : { ...run, fault: error };
}
