import type { ErrorRecord } from '../foundation/errors.ts';
import type { Run } from '../core/state.ts';

/** What an exit code means, in every command. */
export const EXIT = { done: 0, failed: 1, usage: 2, rolledBack: 3, waiting: 4, refused: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export function exitOfError({ class: kind }: ErrorRecord): ExitCode {
  if (kind === 'usage') return EXIT.usage;
  return kind === 'refused' ? EXIT.refused : EXIT.failed;
}

/** A run that a newer one overtook, or that a person or a rule turned away, was refused; it did not fail. */
export function exitOfRun({ finished }: Run): ExitCode {
  if (!finished) return EXIT.waiting;
  if (finished.outcome === 'SUCCEEDED') return EXIT.done;
  if (finished.rolledBack) return EXIT.rolledBack;
  if (finished.outcome === 'FAILED') return finished.error?.class === 'refused' ? EXIT.refused : EXIT.failed;
  return finished.outcome === 'STOPPED' ? EXIT.failed : EXIT.refused;
}
