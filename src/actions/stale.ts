import { TrunklineError } from '../foundation/errors.ts';
import { filesMatching } from '../foundation/walk.ts';
import type { ActionContext } from './action.ts';

/** Names of a command line: together they stay far below what the kernel takes. */
const AT_ONCE = 200;

/**
 * Removes what stands where a command is going to report, so that no earlier report is taken for its own. In the cell,
 * like everything that writes among the files of a commit: there a link leads nowhere. @param patterns of reports.
 */
export async function removeStale(patterns: readonly string[], context: ActionContext): Promise<void> {
  if (patterns.length === 0) return;
  const stale = [...new Set([...(await filesMatching(context.workdir, patterns)).values()].flat().map(({ path }) => path))];
  for (let at = 0; at < stale.length; at += AT_ONCE) {
    const exit = await context.exec(['rm', '-f', '--', ...stale.slice(at, at + AT_ONCE)]);
    if (exit.code !== 0) throw new TrunklineError('REPORT_STALE', 'infra', `a report of an earlier command could not be removed: ${stale[at]}`, 'let nothing in the commit make it read-only', context.lastLines(5));
  }
}
