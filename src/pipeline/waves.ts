import { WHOLE, basisPoints, type BasisPoints, type Duration, type Millis } from '../foundation/units.ts';
import type { BakePlan, WavePlan } from './plan.ts';
import { LONGEST, NAME, NAME_RULE } from './shape.ts';
import { Reading, written, wrong, type Callee } from './written.ts';

/** How long a step is watched before the next. A plain time means that time, 300 requests, and then to hold. */
export type Bake = Duration | {
  /** The least time at this share. */
  readonly minTime: Duration;
  /** The least number of requests that the new release must have answered; by default 300. */
  readonly minRequests?: number;
  /** After this, a step that still lacks requests is inconclusive; by default three times `minTime`. */
  readonly maxTime?: Duration;
  /** What an inconclusive step does: `"hold"` waits for a person, `"rollback"` goes back. It never goes on. */
  readonly onInsufficientData?: 'hold' | 'rollback';
};

/** How traffic moves in each region of a wave. Made by {@link canary}, {@link linear} or {@link allAtOnce}. */
export interface Strategy {
  readonly steps: WavePlan['steps'];
  readonly riskAccepted?: string;
}

/** Some regions that climb together. Made by {@link wave}. */
export interface Wave extends Readonly<WavePlan> {}

/** The largest share of a region's traffic that a release may meet first. */
export const FIRST_EXPOSURE: BasisPoints = 1_000;

const EVERY_REQUEST: BakePlan = { minTimeMs: 0, minRequests: 0, maxTimeMs: 0, onInsufficientData: 'hold' };

/** All traffic in one step with nothing to wait for: what Beta and Gamma do, where the tests come afterwards. */
export const AT_ONCE: WavePlan['steps'] = [{ weight: WHOLE, bake: EVERY_REQUEST }];

/**
 * One wave: these regions, all by the same strategy. The first wave is one region; later ones only grow.
 *
 * @example wave("first light", ["eu-west"], canary({ steps: [{ weight: 0.05, bake: "10m" }] }))
 */
export function wave(name: string, regions: readonly string[], strategy: Strategy): Wave {
  const read = new Reading(wave, 'wave');
  const named = read.list<string>('regions', regions, 1).map((region, index) => read.matching(`regions[${index}]`, region, (text) => NAME.test(text), NAME_RULE));
  read.distinct('regions', named);
  if (!Array.isArray(strategy?.steps)) throw read.wrong('strategy', 'write canary({ … }), linear({ … }) or allAtOnce({ … })');
  return written(wave, {
    name: read.text('name', name, 80),
    regions: named,
    steps: [...strategy.steps],
    ...(strategy.riskAccepted === undefined ? {} : { riskAccepted: strategy.riskAccepted }),
  });
}

/**
 * A growing share of real traffic, each step watched for its bake. Shares are fractions; the last step, the whole, is
 * added with the bake of the one before it when it is not written.
 *
 * @example canary({ steps: [{ weight: 0.05, bake: "10m" }, { weight: 0.5, bake: { minTime: "5m", minRequests: 1000 } }] })
 */
export function canary(options: {
  readonly steps: readonly { /** Share of the region's traffic, from 0 to 1. */ readonly weight: number; readonly bake: Bake }[];
  /** Needed when the first step is larger than a tenth: why that is bearable. */
  readonly riskAccepted?: string;
}): Strategy {
  const read = new Reading(canary, 'canary');
  const { steps, riskAccepted } = read.fields(options, ['steps', 'riskAccepted']);
  const climb = read.list<(typeof options.steps)[number]>('steps', steps, 1, 100).map((step, index) => {
    const { weight, bake } = new Reading(canary, `canary.steps[${index}]`).fields(step, ['weight', 'bake']);
    return { weight: share(canary, `canary.steps[${index}].weight`, weight), bake: bakeOf(canary, `canary.steps[${index}].bake`, bake) };
  });
  const fall = climb.findIndex((step, index) => index > 0 && step.weight <= (climb[index - 1]?.weight ?? 0));
  if (fall > 0) throw read.wrong(`steps[${fall}].weight`, 'each step must be larger than the one before');
  const [lowest, last] = [climb[0], climb.at(-1)];
  if (lowest !== undefined && lowest.weight > FIRST_EXPOSURE && riskAccepted === undefined) {
    throw read.wrong('steps[0].weight', 'the first step may be at most 0.1: a bad release must meet few; or say riskAccepted: "why"');
  }
  if (last !== undefined && last.weight < WHOLE) climb.push({ weight: WHOLE, bake: last.bake });
  return written(canary, { steps: climb, ...risk(read, riskAccepted) });
}

/** Equal steps, equally long: `linear({ step: 0.25, every: "5m" })` climbs by a quarter each five minutes. */
export function linear(options: {
  /** Share of the region's traffic added by each step, from 0 to 1. */
  readonly step: number;
  /** How long each step is watched, the last one too. */
  readonly every: Bake;
  /** Needed in the first wave when a step is larger than a tenth: why that is bearable. */
  readonly riskAccepted?: string;
}): Strategy {
  const read = new Reading(linear, 'linear');
  const { step, every, riskAccepted } = read.fields(options, ['step', 'every', 'riskAccepted']);
  const rise = share(linear, 'linear.step', step);
  const bake = bakeOf(linear, 'linear.every', every);
  const count = Math.ceil(WHOLE / rise - 0.01); // a third is 3,333: three steps, not four
  if (count > 100) throw read.wrong('step', 'write at least 0.01: more than a hundred steps help nobody');
  const steps = Array.from({ length: count }, (_, index) => ({ weight: index === count - 1 ? WHOLE : rise * (index + 1), bake }));
  return written(linear, { steps, ...risk(read, riskAccepted) });
}

/** All traffic in one step. In Prod it needs `riskAccepted`: why a bad release may meet everyone at once. */
export function allAtOnce(options: { readonly riskAccepted?: string; /** How long it is watched afterwards; by default not. */ readonly bake?: Bake } = {}): Strategy {
  const read = new Reading(allAtOnce, 'allAtOnce');
  const { riskAccepted, bake } = read.fields(options, ['riskAccepted', 'bake']);
  return written(allAtOnce, {
    steps: [{ weight: WHOLE, bake: bake === undefined ? EVERY_REQUEST : bakeOf(allAtOnce, 'allAtOnce.bake', bake) }],
    ...risk(read, riskAccepted),
  });
}

function risk(read: Reading, reason: string | undefined): { riskAccepted?: string } {
  return reason === undefined ? {} : { riskAccepted: read.text('riskAccepted', reason, 500) };
}

function share(callee: Callee, field: string, fraction: unknown): BasisPoints {
  const points = typeof fraction === 'number' && fraction > 0 && fraction <= 1 ? basisPoints(fraction) : 0;
  if (points < 1) throw wrong(callee, field, `${String(fraction)} is not a share; write a fraction from 0.0001 to 1, such as 0.05`);
  return points;
}

function bakeOf(callee: Callee, field: string, bake: Bake): BakePlan {
  const written = typeof bake === 'string' ? { minTime: bake } : bake;
  const read = new Reading(callee, field);
  const { minTime, minRequests, maxTime, onInsufficientData } = read.fields(written, ['minTime', 'minRequests', 'maxTime', 'onInsufficientData']);
  const minTimeMs: Millis = read.duration('minTime', minTime);
  return {
    minTimeMs,
    minRequests: read.whole('minRequests', minRequests ?? 300, 0),
    maxTimeMs: maxTime === undefined ? Math.min(3 * minTimeMs, LONGEST) : read.duration('maxTime', maxTime, minTimeMs),
    onInsufficientData: read.oneOf('onInsufficientData', onInsufficientData ?? 'hold', ['hold', 'rollback']),
  };
}
