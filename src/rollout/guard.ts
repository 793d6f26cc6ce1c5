/**
 * What every rollout watches by default, with no alarm and no metric of the application: what the router counted of a
 * release that is broken, not merely worse.
 */
import { formatDuration, type Instant, type Millis } from '../foundation/units.ts';
import { failing, type Router, type Sum } from './served.ts';

/** Fewer requests say nothing. */
const LEAST_REQUESTS = 20;
const BROKEN_FROM = 0.5;
const SOUND_UP_TO = 0.1;
/** Of the requests of one instance alone. */
const LEAST_OF_INSTANCE = 10;
/** Fewer failures may be bad luck. */
const LEAST_FAILURES = 5;
/** A share of failures that no bad luck explains, and by how much it must exceed that of the other release. */
const NOTABLE = 0.1;
const TIMES_WORSE = 3;
/** A crash is bad luck, and two may have one cause. */
const CRASHES = 3;
const CRASHES_WITHIN: Millis = 5 * 60_000;

export interface Guarded {
  readonly router: Router;
  readonly release: string;
  /** When the share that is judged came into force. */
  readonly since: Instant;
  readonly now: Instant;
  /** For how long a reading stands. */
  readonly fresh: Millis;
}

/** The faults that are seen now, for people; none for a release that is sound, or of which nothing can be told. */
export function guardFaults(guarded: Guarded): readonly string[] {
  const errors = mostlyFailing(guarded) ?? failingMore(guarded);
  return [errors, oneInstanceFailing(guarded), unanswered(guarded), crashLoop(guarded)].filter((fault) => fault !== undefined);
}

/** Requests that wait for long without an answer, where the other release has none: nobody knows yet how they will end. */
export function undecided({ router, release, since }: Guarded): string | undefined {
  const waiting = router.waiting(release);
  const all = router.of(release).since(since).requests + waiting;
  const { other } = router;
  if (waiting < LEAST_FAILURES || waiting / all < NOTABLE || other === undefined || router.waiting(other) > 0) return undefined;
  return `${waiting} requests have waited for long without an answer`;
}

function mostlyFailing({ router, release, since }: Guarded): string | undefined {
  const own = router.of(release).newest(LEAST_REQUESTS, since);
  const base = own && baseline(router, own);
  if (!own || !base || failing(own) <= BROKEN_FROM || failing(base) > SOUND_UP_TO) return undefined;
  return `${percent(failing(own))} of its last ${own.requests} requests failed, while ${percent(1 - failing(base))} of the stable release's succeeded`;
}

/** What is common to all instances, such as a database that is away, is not the fault of one. */
function oneInstanceFailing({ router, since, fresh }: Guarded): string | undefined {
  const present = [...router.present(fresh)];
  for (const [instance, log] of present) {
    const own = log.newest(LEAST_OF_INSTANCE, since);
    if (!own || failing(own) < BROKEN_FROM) continue;
    const others = present.filter(([name]) => name !== instance).map(([, each]) => each.since(own.from));
    const siblings = others.reduce((sum, each) => ({ ...sum, requests: sum.requests + each.requests, errors: sum.errors + each.errors }), { requests: 0, errors: 0, unanswered: 0, from: own.from });
    if (siblings.requests < LEAST_OF_INSTANCE || failing(siblings) > SOUND_UP_TO) continue;
    return `instance ${instance} failed ${percent(failing(own))} of its last ${own.requests} requests, while ${percent(1 - failing(siblings))} of its siblings' succeeded`;
  }
  return undefined;
}

/** Only beside a release that is asked at the same time: what comes from outside meets both. */
function failingMore({ router, release, since }: Guarded): string | undefined {
  const own = router.customers(release).newest(LEAST_REQUESTS, since);
  const base = own && concurrent(router, own);
  if (!own || !base || own.errors < LEAST_FAILURES || failing(own) < NOTABLE || failing(own) < TIMES_WORSE * failing(base) + NOTABLE) return undefined;
  return `${percent(failing(own))} of its last ${own.requests} requests failed, while ${percent(failing(base))} of the stable release's did`;
}

function unanswered({ router, release, since }: Guarded): string | undefined {
  const own = router.of(release).newest(LEAST_REQUESTS, since);
  if (!own || own.unanswered < LEAST_FAILURES || silent(own) < NOTABLE) return undefined;
  const base = baseline(router, own);
  if (base && silent(own) < TIMES_WORSE * silent(base)) return undefined;
  return `${percent(silent(own))} of its last ${own.requests} requests got no answer${base ? `, while ${percent(silent(base))} of the stable release's did not` : ''}`;
}

function crashLoop({ router, release, since, now }: Guarded): string | undefined {
  const from = Math.max(since, now - CRASHES_WITHIN);
  const crashes = router.crashes(release, from);
  const others = router.other === undefined ? 0 : router.crashes(router.other, from);
  if (crashes < CRASHES || crashes <= TIMES_WORSE * others) return undefined;
  return `its instances ended ${crashes} times by themselves within ${formatDuration(now - from)}`;
}

/** The other release: what it was asked in the same time, or last, where that was too little. */
function baseline(router: Router, own: Sum): Sum | undefined {
  return concurrent(router, own) ?? (router.other === undefined ? undefined : router.of(router.other).newest(LEAST_REQUESTS));
}

function concurrent(router: Router, { from }: Sum): Sum | undefined {
  if (router.other === undefined) return undefined;
  const sum = router.of(router.other).since(from);
  return sum.requests >= LEAST_REQUESTS ? sum : undefined;
}

function silent({ requests, unanswered: none }: Sum): number {
  return requests === 0 ? 0 : Math.min(none, requests) / requests;
}

function percent(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(3))} %`;
}
