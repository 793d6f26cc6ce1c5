import { formatDuration } from '../../foundation/units.ts';
import { currentStage, instantAt, type Run } from '../../core/state.ts';
import type { Session } from '../command.ts';
import { subjectOf } from '../follow.ts';
import { frozenBy, frozenInShort } from '../owed-again.ts';
import { summaryOf } from '../summary.ts';
import { waits, waitingText } from '../waiting.ts';
import { whenText } from '../when.ts';

function placeOf(run: Run): string {
  const [frozen] = frozenBy(run);
  if (frozen) return frozenInShort(frozen);
  const stage = currentStage(run);
  if (!stage) return 'at its end';
  return run.stages[stage.name]?.state === 'queued' ? `before ${stage.name}` : `in ${stage.name}`;
}

/** `trunkline runs` */
export async function runs({ terminal, json, product }: Session, { limit }: { readonly limit: string }): Promise<void> {
  const { state: read, operators } = await product();
  const state = read();
  const shown = [...state.runs.values()].slice(-Math.max(1, Number(limit) || 20)).reverse();
  const now = instantAt(state, Date.now());
  if (json) return terminal.json(shown.map((run) => summaryOf(state, run, operators)));
  if (shown.length === 0) return terminal.print('nothing has run yet; "trunkline run" runs the head of the trunk');
  terminal.table(['run', 'commit', 'outcome', 'began', 'took', 'subject'], shown.map((run) => {
    const outcome = waits(state, run.id) ? waitingText(run, now) : run.finished ? `${run.finished.outcome}${run.finished.rolledBack ? ' (rolled back)' : ''}` : placeOf(run);
    return [run.id, run.commit.slice(0, 12), outcome, whenText(run.startedAt), formatDuration((run.finished?.at ?? now) - run.startedAt), `${run.kind === 'ROLLBACK' ? 'rollback to: ' : ''}${subjectOf(state, run)}`];
  }));
}
