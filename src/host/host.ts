import type { Event, Recorded } from '../journal/events.ts';
import type { PipelineState } from '../core/state.ts';

/** What people and programs may ask of a pipeline. `user` is the operating system's; it is never taken from a commit. */
export type Command =
  | { readonly type: 'run'; readonly commit: string; readonly again: boolean }
  | { readonly type: 'approve'; readonly run: string; readonly as?: string; readonly text?: string;
      /** The digest shown to the approver; refused when it is no longer the one that waits. */ readonly evidence?: string }
  | { readonly type: 'reject'; readonly run: string; readonly as?: string; readonly reason: string; readonly defect: boolean }
  | { readonly type: 'cancel'; readonly run: string; readonly reason: string }
  | { readonly type: 'retry'; readonly run: string; readonly actions: 'failed' | 'all' }
  | { readonly type: 'rollback'; readonly to?: string; readonly reason: string }
  | { readonly type: 'resume'; readonly run: string }
  | { readonly type: 'down'; readonly environment?: string }
  | { readonly type: 'poll' };

/** What a command came to: the run that it is about, and whether it began something new. */
export interface Answer { readonly run?: string; readonly message: string; readonly began: boolean }

/** Performs what the core decides. Holds no state that the journal and `observe()` cannot rebuild. */
export interface Host extends AsyncDisposable {
  /** @throws {TrunklineError} class `usage` or `refused`; a refusal is journalled. */
  command(command: Command, user: string): Promise<Answer>;
  readonly state: PipelineState;
  /** Everything after place `after`, then what comes, until the signal aborts. */
  watch(after: number, signal: AbortSignal): AsyncIterable<Recorded>;
  /** Resolves when no run is unfinished, or all that are wait for a person. */
  idle(): Promise<void>;
}

export type { Event };
