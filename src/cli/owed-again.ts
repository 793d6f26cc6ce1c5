import { retriesOf, type PipelineState, type Retry, type Run } from '../core/state.ts';
import { formatDuration, type Instant } from '../foundation/units.ts';
import type { EventOf } from '../journal/events.ts';

const WORDS: { readonly [effect: string]: string } = {
  restore: 'putting the earlier release back', settle: 'ending the earlier release', prepare: 'placing the release', shift: 'shifting traffic', attest: 'signing the evidence',
};

/** An environment that no run enters, because something in it is owed and fails: since when, how often, why, and what to do. */
export interface Frozen { readonly run: string; readonly environment: string; readonly retry: Retry }

/** What keeps environments frozen now. */
export function frozenIn(state: PipelineState): readonly Frozen[] {
  return [...state.unfinished].flatMap((id) => {
    const run = state.runs.get(id);
    return run ? frozenBy(run) : [];
  });
}

export function frozenBy(run: Run): readonly Frozen[] {
  const environment = Object.values(run.stages).find((stage) => stage?.state === 'running')?.rollout?.environment;
  return environment === undefined ? [] : retriesOf(run).filter(({ effect }) => effect === 'restore' || effect === 'settle').map((retry) => ({ run: run.id, environment, retry }));
}

/** Two lines: what is so, and what to do. */
export function frozenText({ run, environment, retry }: Frozen, now: Instant): readonly [string, string] {
  const { attempts, since, error } = retry;
  return [
    `${environment.toUpperCase()} IS FROZEN: ${whatFails(retry)} has failed ${times(attempts)} since ${new Date(since).toISOString()}, last: ${error.message}; ${nextTry(retry, now)}`,
    `${error.hint === undefined ? '' : `${error.hint}; `}"trunkline retry ${run}" tries it now; if the region is lost for good, "trunkline down ${environment}" gives it up`,
  ];
}

/** For a table. */
export function frozenInShort({ environment, retry }: Frozen): string {
  return `${environment.toUpperCase()} IS FROZEN: ${whatFails(retry)} has failed ${times(retry.attempts)}`;
}

export function retriedLine({ run, stage, effect, region, attempt, error, at, retryAt }: EventOf<'effect-retried'>): string {
  return `${run} ${stage}: ${whatFails({ effect, ...(region === undefined ? {} : { region }) })} FAILED (attempt ${attempt}): ${error.message}; it is tried again in ${formatDuration(retryAt - at)}`;
}

/** What is tried again and freezes nothing. */
export function retryText(retry: Retry, now: Instant): string {
  return `${whatFails(retry)} has failed ${times(retry.attempts)}, last: ${retry.error.message}; ${nextTry(retry, now)}`;
}

function whatFails({ effect, region }: Pick<Retry, 'effect' | 'region'>): string {
  return `${WORDS[effect] ?? effect}${region === undefined ? '' : ` in ${region}`}`;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function nextTry({ retryAt }: Retry, now: Instant): string {
  return retryAt > now ? `the next try is in ${formatDuration(retryAt - now)}` : 'it is being tried now';
}
