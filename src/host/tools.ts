import type { Tool } from '../pipeline/tools.ts';

/** The tools of the machine that a host starts itself. */
export interface Toolbox {
  /** As they are now; one that is not there is left out, and the action that wants it says so. */
  now(names: readonly string[]): Promise<readonly Tool[]>;
}
