import { Chance } from './chance.ts';

/**
 * One thing that happens to a pipeline. Numbers are resolved against what is there when the step is taken (`pick`
 * modulo how many there are), so that a sequence stays one when steps are taken out of it.
 */
export type Step =
  /** Commits appear on the trunk; for each of them a run is asked for. */
  | { readonly do: 'push'; readonly commits: number }
  /** A commit goes all the way to production: it is pushed, approved, and all its effects end well. */
  | { readonly do: 'release' }
  /** Effects that are under way come to a good end, oldest first. */
  | { readonly do: 'flow'; readonly times: number }
  /** One effect comes to an end of another kind. */
  | { readonly do: 'end'; readonly pick: number; readonly how: End }
  /** A fact that was reported comes once more; or one of an effect that is no longer owed comes after all. */
  | { readonly do: 'late'; readonly pick: number }
  | { readonly do: 'ask'; readonly what: Question; readonly pick: number; readonly choice: number }
  /** The host is lost with all that it knew. `done`: which of the effects under way had come about, bit by bit. */
  | { readonly do: 'crash'; readonly done: number }
  /** Time passes; the wall clock may also be set, back or ahead. */
  | { readonly do: 'clock'; readonly ms: number }
  /** The trunk is reset to an earlier commit, and goes on with others; `back` takes it to one that it had lost. */
  | { readonly do: 'rewrite'; readonly drop: number; readonly fresh: number; readonly back: boolean };

export type End = 'passed' | 'code' | 'infra' | 'breach' | 'hold' | 'refused';
export type Question = 'approve' | 'reject' | 'cancel' | 'retry' | 'rollback' | 'resume' | 'down' | 'run';

/** What stays the same throughout a sequence. */
export interface Setting {
  readonly seed: number;
  readonly beta: 'superseded' | 'queued';
  readonly approvers: 1 | 2;
  /** How many runs may be in Source and Build at once. */
  readonly builds: number;
}

export interface Sequence { readonly setting: Setting; readonly steps: readonly Step[] }

const MINUTE = 60_000;

export function sequenceOf(seed: number): Sequence {
  const chance = new Chance(seed);
  const setting: Setting = { seed, beta: chance.below(4) === 0 ? 'queued' : 'superseded', approvers: chance.below(5) === 0 ? 2 : 1, builds: 1 + chance.below(3) };
  const steps = Array.from({ length: 10 + chance.below(50) }, () => stepOf(chance));
  return { setting, steps };
}

function stepOf(chance: Chance): Step {
  const pick = chance.below(1_000);
  return chance.weighted<() => Step>([
    [6, () => ({ do: 'push', commits: 1 + chance.below(2) })],
    [4, () => ({ do: 'release' })],
    [24, () => ({ do: 'flow', times: 1 + chance.below(30) })],
    [12, () => ({ do: 'end', pick, how: chance.weighted<End>([[4, 'passed'], [3, 'code'], [2, 'infra'], [5, 'breach'], [2, 'hold'], [1, 'refused']]) })],
    [4, () => ({ do: 'late', pick })],
    [26, () => ({ do: 'ask', what: chance.weighted<Question>([[12, 'approve'], [1, 'reject'], [3, 'cancel'], [4, 'retry'], [4, 'rollback'], [2, 'resume'], [1, 'down'], [2, 'run']]), pick, choice: chance.below(8) })],
    [4, () => ({ do: 'crash', done: chance.below(256) })],
    [4, () => ({ do: 'clock', ms: chance.weighted([[3, 1_000], [2, 5 * MINUTE], [2, 90 * MINUTE], [1, 26 * 60 * MINUTE], [1, -60 * MINUTE]]) })],
    [3, () => ({ do: 'rewrite', drop: 1 + chance.below(2), fresh: chance.below(2), back: chance.below(3) === 0 })],
  ])();
}
