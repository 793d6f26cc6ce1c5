import type { Answer } from '../../core/command.ts';
import { ask } from '../asking.ts';
import type { Session } from '../command.ts';
import type { Product } from '../product.ts';

/** `trunkline down [ENV]` */
export async function down({ terminal, json, signal, product: open }: Session, _options: object, environment?: string): Promise<void> {
  const product = await open();
  await using stack = new AsyncDisposableStack();
  const answer = await end(product, stack, environment, signal);
  if (json) terminal.json(answer);
  else terminal.print(answer.message);
}

/** Where nothing is up, no host is needed to say so: the pipeline may never have had a valid configuration. */
async function end(product: Product, stack: AsyncDisposableStack, environment: string | undefined, signal: AbortSignal): Promise<Answer> {
  // What a `down` that was killed had ended is still to be told.
  const untold = [...product.state().live.values()].some(({ removedAt }) => removedAt === undefined);
  if (!untold && (await (await product.environments()).regions()).length === 0) return { message: 'nothing was up', began: false };
  const { answer } = await ask(product, stack, () => product.host(), { type: 'down', ...(environment === undefined ? {} : { environment }) }, signal);
  return answer;
}
