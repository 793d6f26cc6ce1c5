import type { Session } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { conduct, type RunOptions } from './run.ts';
import { findRun } from './show.ts';

/** `trunkline retry RUN` */
export async function retry(session: Session, options: RunOptions & { readonly all?: boolean }, id?: string): Promise<ExitCode> {
  const product = await session.product();
  return conduct(session, product, { type: 'retry', run: findRun(product.state(), id).id, actions: options.all ? 'all' : 'failed' }, options);
}

/** `trunkline rollback` */
export async function rollback(session: Session, options: RunOptions & { readonly to?: string; readonly reason: string }): Promise<ExitCode> {
  const product = await session.product();
  const to = options.to === undefined ? {} : { to: findRun(product.state(), options.to).id };
  return conduct(session, product, { type: 'rollback', reason: options.reason, ...to }, options);
}
