import type { Event, EventOf } from '../journal/events.ts';
import type { Instant, Millis } from '../foundation/units.ts';
import { owed as owedSteps } from '../rollout/machine.ts';
import type { RolloutStep } from '../rollout/rollout.ts';
import type { Fact } from './facts.ts';
import { retryKey, type Retry, type StageRun } from './state.ts';
import type { PipelineState } from './state.ts';

type Failure = Extract<Fact, { type: 'effect-failed' }>;

/** A step forward is tried so often before the release is held to be at fault; so is a signature that meets a bug. */
const TRIES = 4;
const SHORTEST: Millis = 500;
const LONGEST: Millis = 60_000;

/** Exponential backoff: how long to wait after the `attempt`-th failure. */
export function backoff(attempt: number): Millis {
  return Math.min(LONGEST, SHORTEST * 2 ** Math.min(attempt - 1, 20));
}

/**
 * What follows when the world fails what is owed: another try, or the way back. What puts the earlier release back, and
 * what comes after the point of no return, is tried until it is done; a step forward only while that may help.
 */
export function failedAgain(state: PipelineState, { run: id, stage: name, what, attempt, error }: Failure, now: Instant): Event[] {
  const stage = state.runs.get(id)?.stages[name];
  if (stage?.state !== 'running' || !isOwed(stage, what)) return [];
  const place = { at: now, run: id, stage: name } as const;
  const region = 'region' in what ? { region: what.region } : {};
  if (attempt !== (stage.retries?.[retryKey({ effect: what.type, ...region })]?.attempts ?? 0) + 1) return [];
  const again: Event = { type: 'effect-retried', ...place, effect: what.type, ...region, attempt, error, retryAt: now + backoff(attempt) };
  switch (what.type) {
    case 'settle':
      return [again];
    case 'restore':
      return stage.rollout?.state.regions[what.region]?.late ? [again] : [again, { type: 'rollout', ...place, fact: { type: 'restore-late', region: what.region } }];
    case 'attest':
      if (error.class === 'infra' || (error.class === 'bug' && attempt < TRIES)) return [again];
      return stage.error ? [] : [{ type: 'attestation-refused', ...place, error }];
    default: {
      if (error.class === 'infra' && attempt < TRIES) return [again];
      const lastLines = error.lastLines ? { lastLines: error.lastLines } : {};
      return [{ type: 'rollout', ...place, fact: { type: 'breached', cause: { type: 'health', region: what.region, detail: error.message, ...lastLines } } }];
    }
  }
}

function isOwed(stage: StageRun, what: Failure['what']): boolean {
  if (what.type === 'attest') return true;
  return stage.rollout !== undefined && owedSteps(stage.rollout.state).some((step) => isSame(step, what));
}

function isSame(one: RolloutStep, other: RolloutStep): boolean {
  return one.type === other.type && one.region === other.region && ('step' in one ? one.step : 0) === ('step' in other ? other.step : 0);
}

/** A stage's retries after an event; what was done, or is no longer owed, is not retried. */
export function retriesAfter(stage: StageRun, event: Event): StageRun {
  if (event.type === 'effect-retried') return { ...stage, retries: { ...stage.retries, [retryKey(event)]: failed(stage.retries?.[retryKey(event)], event) } };
  if (!stage.retries) return stage;
  if (event.type === 'retry-hastened') return { ...stage, retries: mapped(stage.retries, (retry) => ({ ...retry, retryAt: event.at, hastened: retry.hastened + 1 })) };
  const { rollout } = stage;
  const isGone = ({ effect, region }: Retry): boolean => {
    if (stage.state !== 'running') return true;
    if (effect === 'attest') return event.type === 'evidence-recorded' || event.type === 'attestation-refused';
    return rollout === undefined || !owedSteps(rollout.state).some((step) => step.type === effect && step.region === region);
  };
  const kept = Object.entries(stage.retries).filter(([, retry]) => !isGone(retry));
  if (kept.length === Object.keys(stage.retries).length) return stage;
  const { retries: _retries, ...rest } = stage;
  return kept.length === 0 ? rest : { ...rest, retries: Object.fromEntries(kept) };
}

function failed(known: Retry | undefined, { at, effect, region, attempt, error, retryAt }: EventOf<'effect-retried'>): Retry {
  return { effect, ...(region === undefined ? {} : { region }), attempts: attempt, since: known?.since ?? at, failedAt: at, retryAt, error, hastened: known?.hastened ?? 0 };
}

function mapped(retries: { readonly [key: string]: Retry }, change: (retry: Retry) => Retry): { readonly [key: string]: Retry } {
  return Object.fromEntries(Object.entries(retries).map(([key, retry]) => [key, change(retry)]));
}
