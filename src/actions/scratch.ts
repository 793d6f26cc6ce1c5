import { dirname, join } from 'node:path';
import type { ActionContext } from './action.ts';

/** A folder beside the checkout that only this attempt uses: the cell can write there, and nothing of it is ever packaged or tested. */
export function scratchFolder({ workdir, action, attempt }: ActionContext): string {
  return join(dirname(workdir), `${action}-${attempt}`);
}
