import { approvalTold, describeApproval } from '../approval.ts';
import type { Session } from '../command.ts';

/** `trunkline approvals`: what waits for people, each with all that an approver should see. */
export async function approvals({ terminal, json, product: open }: Session): Promise<void> {
  const product = await open();
  const state = product.state();
  const waiting = [...state.unfinished].flatMap((id) => {
    const run = state.runs.get(id);
    const told = run && approvalTold(state, run, () => product.operators());
    return told ? [{ run: id, ...told }] : [];
  });
  if (json) return terminal.json(waiting);
  if (waiting.length === 0) return terminal.print('nothing waits for approval');
  for (const one of waiting) {
    for (const line of describeApproval(one.run, one)) terminal.print(line);
    terminal.print(`  approve   trunkline approve ${one.run} --shown ${one.digest}`);
  }
}
