import { mkdirSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { TrunklineError } from './foundation/errors.ts';
import type { Repository } from './source/git/repository.ts';
import { foldersOf } from './work-trees.ts';

/** Where everything of one pipeline lies: the state folder, which belongs to the operator alone. */
export interface Place {
  readonly repository: Repository;
  readonly state: string;
  readonly journal: string;
  readonly socket: string;
  readonly artifacts: string;
  readonly keys: string;
  readonly secrets: string;
  readonly operators: string;
  readonly sandbox: string;
  readonly pipeline: string;
  readonly environments: string;
  readonly work: string;
  readonly cells: string;
  readonly releases: string;
  readonly logs: string;
  readonly reports: string;
  /** What is known of this machine's own commits. */
  readonly local: string;
  /** What was done once, kept for the next time. */
  readonly cache: string;
  /** What earlier runs have searched, and what was fetched: all of it can be made again. */
  readonly scans: string;
  readonly advisories: string;
  /** For what lasts no longer than one command. */
  readonly scratch: string;
  /** What no code of a commit sees: all of the above, and the repository with all its work trees: a remote may hold a token. */
  readonly hidden: readonly string[];
}

/** The state folder is `--state`, else `.trunkline` beside the git folder that all work trees of the repository share. */
export function placeOf(repository: Repository, stateOption: string | undefined): Place {
  const state = made(stateOption === undefined ? join(dirname(repository.commonFolder), '.trunkline') : resolve(stateOption));
  const at = (name: string): string => join(state, name);
  return {
    repository, state,
    journal: at('journal.db'), socket: at('host.sock'), artifacts: at('artifacts'), keys: at('keys'), secrets: at('secrets'),
    operators: at('operators.json'), sandbox: at('sandbox.json'), pipeline: at('pipeline.json'), environments: at('environments'), work: at('work'),
    cells: at('cells'), releases: at('releases'), logs: at('logs'), reports: at('reports'), cache: at('cache'), local: at('local'), scans: at('scans'), advisories: at('advisories'), scratch: at('scratch'),
    hidden: [state, ...foldersOf(repository)],
  };
}

function made(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return realpathSync(folder);
  } catch (error) {
    throw new TrunklineError('STATE_UNUSABLE', 'usage', `${folder} can't be the state folder: ${(error as Error).message}`, 'make room for a folder there that is yours, or give another with --state');
  }
}
