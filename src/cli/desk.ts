import type { HookCheck } from '../local/before-commit.ts';
import type { EditorChanges } from '../local/editor.ts';
import type { HookRunner, HooksState } from '../local/hooks.ts';

/** What a developer's machine does before a commit; the composition root provides it for one clone, with nothing of the pipeline loaded. */
export interface Desk {
  /** The top folder of the work tree. */
  readonly repository: string;
  hooks(): Promise<HooksState>;
  /** Answers what it has written. @throws {TrunklineError} `HOOKS_TAKEN` */
  installHooks(): Promise<HooksInstalled>;
  /** Whether git ran ours until now. Committed files stay. */
  uninstallHooks(): Promise<boolean>;
  /** Writes what VS Code and JetBrains' editors need, merged with what is there: answers the paths written, and what it could not merge. */
  setUpEditors(): Promise<{ readonly written: readonly string[]; readonly refused: EditorChanges['refused'] }>;
  /** Every Build action that works on sources, on exactly what is staged. Reads the work tree and the index, and writes neither. */
  checkStaged(options: { readonly signal: AbortSignal; readonly onCheck: (check: HookCheck) => void }): Promise<StagedOutcome>;
}

export type StagedOutcome =
  | { readonly outcome: 'nothing'; readonly reason: string }
  /** The same files passed before, on the same day, by the same Trunkline. */
  | { readonly outcome: 'known'; readonly tree: string }
  | { readonly outcome: 'passed' | 'failed'; readonly tree: string; readonly checks: readonly HookCheck[]; /** Actions of Build that were not run. */ readonly left: readonly string[] };

export interface HooksInstalled {
  readonly written: readonly string[];
  /** Another runner that calls Trunkline already. */
  readonly through: HookRunner | null;
  /** Where Trunkline is, when the project itself brings none: kept in git's local configuration. */
  readonly path: string | null;
}

export type OpenDesk = (options: { readonly cwd: string; readonly state?: string }) => Promise<Desk>;
