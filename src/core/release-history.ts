import type { Instant, Name } from '../foundation/units.ts';
import { originOf } from './approval-rule.ts';
import type { BadRelease, PipelineState, Run } from './state.ts';

/** A release was accepted and has become the stable one of a region: it is verified good there. What a rollback replaces is bad. */
export function settle(state: PipelineState, run: Run, environment: Name, region: Name, at: Instant): void {
  const { artifact } = run;
  if (artifact === undefined) return;
  const place = `${environment}/${region}`;
  const before = originIn(state, place);
  state.live.set(place, { run: run.id, artifact, commit: run.commit, sequence: run.sequence, since: at });
  if (run.kind === 'STANDARD') {
    state.settled.set(place, [...state.settled.get(place) ?? [], { release: run.id, artifact, commit: run.commit, sequence: run.sequence, since: at }]);
  } else if (before !== undefined && before !== run.restores) {
    mark(state, before, { at, by: run.by, reason: run.reason ?? 'rolled back' });
  }
}

/** The first reason counts. */
export function mark(state: PipelineState, release: string, why: BadRelease): void {
  if (!state.bad.has(release)) state.bad.set(release, why);
}

/** The run that first brought what is live in a place; undefined where nothing is. */
function originIn(state: PipelineState, place: string): string | undefined {
  const live = state.live.get(place);
  return live && (originOf(state, live.run)?.id ?? live.run);
}
