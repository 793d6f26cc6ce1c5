import type { Advisory, Event, Range } from './advisory.ts';
import { orderOf, semantic, type Order } from './versions/order.ts';

/** Whether an advisory concerns a version: `unknown` where the two can't be compared, which is no reason to take it for safe. */
export interface Concern {
  readonly isAffected: boolean | 'unknown';
  /** The lowest version above this one that is said to be free of it. */
  readonly fixed?: string;
}

/** As the OSV schema defines it: named by its list of versions, or lying in one of its ranges. */
export function concernOf(advisory: Advisory, version: string): Concern {
  const ranges = advisory.ranges.filter(({ type }) => type !== 'GIT');
  const results = ranges.map((range) => within(range, version, orderFor(range, advisory.ecosystem)));
  const isListed = listed(advisory, version);
  const fixed = [...results.filter((each) => each.isAffected === true), ...results].flatMap(({ fixed: each }) => each ?? [])[0];
  return { isAffected: verdictOf([isListed, ...results.map(({ isAffected }) => isAffected)], ranges.length === 0 && advisory.versions.length === 0), ...(fixed === undefined ? {} : { fixed }) };
}

/** @param saysNothing whether the advisory names neither versions nor ranges: then it means all of them, or nobody knows. */
function verdictOf(all: readonly Concern['isAffected'][], saysNothing: boolean): Concern['isAffected'] {
  if (all.includes(true)) return true;
  return all.includes('unknown') || saysNothing ? 'unknown' : false;
}

function orderFor({ type }: Range, ecosystem: string): Order | undefined {
  const order = type === 'SEMVER' ? semantic : orderOf(ecosystem);
  return order && ((a, b) => order(bare(a), bare(b)));
}

/** Whether a version stands in the advisory's list, in whatever way either of them is written. */
function listed({ versions, ecosystem }: Advisory, version: string): Concern['isAffected'] {
  const order = orderOf(ecosystem);
  const own = withoutBuild(bare(version));
  const isSame = (other: string): boolean => other === version || withoutBuild(bare(other)).toLowerCase() === own.toLowerCase()
    || order?.(bare(other), bare(version)) === 0 || order?.(bare(other), own) === 0;
  if (versions.some(isSame)) return true;
  // One that its ecosystem does not know as a version can be equal to any of them.
  return versions.length > 0 && (order === undefined || order(own, own) === undefined) ? 'unknown' : false;
}

/** Without what people write before a number: `v1.2.3`, `=1.2.3`, `go1.21`. */
function bare(version: string): string {
  return version.trim().replace(/^(?:v|=|go)\s*(?=\d)/i, '');
}

/** Neither the metadata of a build nor PEP 440's local label makes another release. */
function withoutBuild(version: string): string {
  return version.replace(/\+.*$/, '');
}

function within({ events }: Range, version: string, order: Order | undefined): Concern {
  const places = events.map((event) => ({ event, place: event.version === '0' && event.kind === 'introduced' ? 1 : event.version === '*' && event.kind === 'limit' ? -1 : order?.(version, event.version) }));
  const limits = places.filter(({ event }) => event.kind === 'limit');
  // Before any of its limits; without one, everywhere.
  if (limits.length > 0 && limits.every(({ place }) => place !== undefined && place >= 0)) return { isAffected: false };
  const fixed = order && lowestAbove(events, version, order);
  if (places.some(({ place }) => place === undefined)) return { isAffected: 'unknown', ...(fixed === undefined ? {} : { fixed }) };
  const sorted = places.filter(({ event }) => event.kind !== 'limit').sort((a, b) => compareEvents(a.event, b.event, order));
  let isAffected = false;
  for (const { event, place = 0 } of sorted) {
    if (event.kind === 'introduced' && place >= 0) isAffected = true;
    else if (event.kind === 'fixed' && place >= 0) isAffected = false;
    else if (event.kind === 'last_affected' && place > 0) isAffected = false;
  }
  return { isAffected, ...(fixed === undefined ? {} : { fixed }) };
}

/** From low to high; at one version the end of one range comes before the beginning of the next. */
function compareEvents(a: Event, b: Event, order: Order | undefined): number {
  const isFirst = ({ kind, version }: Event): boolean => kind === 'introduced' && version === '0';
  if (isFirst(a) || isFirst(b)) return Number(isFirst(b)) - Number(isFirst(a));
  return order?.(a.version, b.version) || Number(a.kind === 'introduced') - Number(b.kind === 'introduced');
}

function lowestAbove(events: readonly Event[], version: string, order: Order): string | undefined {
  return events.filter((event) => event.kind === 'fixed' && (order(event.version, version) ?? 0) > 0).sort((a, b) => order(a.version, b.version) ?? 0)[0]?.version;
}
