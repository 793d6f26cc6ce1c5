import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Session } from '../command.ts';
import { findRun } from './show.ts';
import { paint } from '../text.ts';

/** `trunkline logs [RUN] [STAGE.ACTION]` */
export async function logs({ terminal, json, product: open }: Session, options: { readonly attempt?: string }, id?: string, place?: string): Promise<void> {
  const product = await open();
  const state = product.state();
  const run = findRun(state, id);
  const [wantedStage, wantedAction] = place?.split('.') ?? [];
  const attempts = Object.values(run.stages).flatMap((stage) => Object.entries(stage?.actions ?? {}).flatMap(([action, known]) => {
    if (!stage || (wantedStage !== undefined && stage.name !== wantedStage) || (wantedAction !== undefined && action !== wantedAction)) return [];
    if (place === undefined && run.finished?.outcome === 'FAILED' && known.state === 'passed') return [];
    const attempt = options.attempt === undefined ? known.attempt : Number(options.attempt);
    return [{ stage: stage.name, action, attempt, state: known.state, file: product.logFile({ run: run.id, stage: stage.name, action, of: known.of, fence: known.fence, attempt }) }];
  }));
  if (place !== undefined && attempts.length === 0) throw new TrunklineError('ACTION_UNKNOWN', 'usage', `run ${run.id} has begun no action ${JSON.stringify(place)}`, `"trunkline show ${run.id}" lists them; write STAGE.ACTION, such as build.unit-tests`);
  if (json) return terminal.json(attempts);
  if (run.finished?.error) terminal.note(`${run.id} ended ${run.finished.outcome}: ${run.finished.reason}`);
  for (const { stage, action, attempt, file } of attempts) {
    terminal.print(paint('bold', `── ${stage}.${action}, attempt ${attempt}`));
    try {
      for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) terminal.log(line);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      terminal.print(paint('dim', '   it prints nothing of its own: Trunkline itself carries it out'));
    }
  }
}
