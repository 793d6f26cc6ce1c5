import { BASELINE } from '../reports/baseline.ts';
import { lockFiles } from './installer.ts';

/** What decides what an action comes to, beside its plan and what it needs; and what it leaves for the actions after it. */
export interface Caching {
  /** Globs over the files of the commit; every file where they are left out. */
  readonly inputs?: readonly string[] | undefined;
  /** Globs over the files that it leaves. Left out: all that it writes, where nothing runs beside it; else nothing. */
  readonly outputs?: readonly string[] | undefined;
  /** `commit`: what the commit changed, or what was committed before it. `day`: the day until which something is accepted. */
  readonly also?: readonly ('commit' | 'day')[];
  /** Programs of the machine that it runs. */
  readonly programs?: readonly string[];
  /** The installation that it begins with. */
  readonly prepare?: string | undefined;
}

/** Files that decide about any action, whatever inputs it declares: what is installed, what the scripts are, and what is known already. */
export const alwaysInputs: readonly string[] = ['package.json', '.npmrc', ...lockFiles, BASELINE];
