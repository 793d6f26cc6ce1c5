import type { Answer, Command } from '../core/command.ts';
import type { Origin, Recorded } from '../journal/events.ts';
import type { PipelineState } from '../core/state.ts';

/** Performs what the core decides. Holds no state that the journal and `observe()` cannot rebuild. */
export interface Host extends AsyncDisposable {
  /** @throws {TrunklineError} class `usage` or `refused`; a refusal is journalled. */
  command(command: Command, user: string, from?: Origin): Promise<Answer>;
  readonly state: PipelineState;
  /** Everything after place `after`, then what comes, until the signal aborts. */
  watch(after: number, signal: AbortSignal): AsyncIterable<Recorded>;
  /** Resolves when no run is unfinished, or all that are wait for a person. */
  idle(): Promise<void>;
}
