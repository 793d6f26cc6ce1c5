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
  const isListed = advisory.versions.includes(version);
  const fixed = [...results.filter((each) => each.isAffected === true), ...results].flatMap(({ fixed: each }) => each ?? [])[0];
  const isAffected = isListed || results.some(({ isAffected: each }) => each === true) ? true
    : results.some(({ isAffected: each }) => each === 'unknown') || (ranges.length === 0 && advisory.versions.length === 0) ? 'unknown' : false;
  return { isAffected, ...(fixed === undefined ? {} : { fixed }) };
}

function orderFor({ type }: Range, ecosystem: string): Order | undefined {
  return type === 'SEMVER' ? semantic : orderOf(ecosystem);
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
