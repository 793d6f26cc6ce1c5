import type { Digest, Instant, Name } from '../foundation/units.ts';
import { originOf } from './approval-rule.ts';
import type { PipelineState, SettledRelease } from './state.ts';

/** A region of production that is to go back. */
export interface GoingBack {
  readonly region: Name;
  readonly from: SettledRelease;
  /** Undefined where nothing earlier was ever verified good: there it keeps what it has. */
  readonly to?: SettledRelease;
}

const PROD = 'prod/';

/** What is live in each region of production that is up, under the run that first brought it; what is being settled counts as live. */
export function liveReleases(state: PipelineState): ReadonlyMap<Name, SettledRelease> {
  const live = new Map<Name, SettledRelease>();
  for (const [place, { run, artifact, commit, sequence, since, removedAt }] of state.live) {
    if (place.startsWith(PROD) && removedAt === undefined) live.set(place.slice(PROD.length), { release: originOf(state, run)?.id ?? run, artifact, commit, sequence, since });
  }
  const holder = state.stages.prod.holder === undefined ? undefined : state.runs.get(state.stages.prod.holder);
  const rollout = holder?.stages.prod?.rollout;
  if (holder?.artifact === undefined || rollout?.state.phase !== 'settling') return live;
  const { artifact, commit, sequence } = holder;
  for (const region of Object.keys(rollout.state.regions)) live.set(region, { release: holder.restores ?? holder.id, artifact, commit, sequence, since: state.latest });
  return live;
}

/**
 * Where production goes back, and to what: each region that runs the newest release, or one that was found bad, goes to
 * the release before it in the order of the trunk that was verified good in that very region and was not found bad since.
 * @param to instead: the release that every region with a newer one goes back to.
 */
export function rollbackTargets(state: PipelineState, to?: string): readonly GoingBack[] {
  const live = [...liveReleases(state)];
  const newest = live.map(([, release]) => release).reduce<SettledRelease | undefined>((last, each) => (last && !isBefore(last, each) ? last : each), undefined);
  const wanted = to === undefined ? undefined : [...state.settled.values()].flat().find(({ release }) => release === to);
  const goes = (from: SettledRelease): boolean => (wanted ? from.release !== wanted.release && isBefore(wanted, from) : from.release === newest?.release || state.bad.has(from.release));
  return live.filter(([, from]) => goes(from)).map(([region, from]) => {
    const known = settledIn(state, region, from).filter(({ release }) => (to === undefined ? true : release === to));
    const last = known.reduce<SettledRelease | undefined>((best, each) => (best && !isBefore(best, each) ? best : each), undefined);
    return { region, from, ...(last ? { to: last } : {}) };
  });
}

/** What a region may go back to. */
function settledIn(state: PipelineState, region: Name, from: SettledRelease): readonly SettledRelease[] {
  return (state.settled.get(`${PROD}${region}`) ?? []).filter((each) => each.release !== from.release && each.artifact !== from.artifact && !state.bad.has(each.release) && isBefore(each, from));
}

/** By the place of its commit on the trunk; of one commit, by when it was released. */
function isBefore(one: Placed, other: Placed): boolean {
  return one.sequence < other.sequence || (one.sequence === other.sequence && one.since < other.since);
}

interface Placed { readonly sequence: number; readonly since: Instant; readonly artifact: Digest }
