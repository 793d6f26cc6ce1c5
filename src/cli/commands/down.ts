import type { Session } from '../command.ts';

/** `trunkline down [ENV]` */
export async function down({ terminal, json, product: open }: Session, _options: object, environment?: string): Promise<void> {
  const product = await open();
  await using stack = new AsyncDisposableStack();
  const conductor = await product.connect() ?? stack.use(await product.host());
  const answer = await conductor.command({ type: 'down', ...(environment === undefined ? {} : { environment }) }, product.user);
  if (json) terminal.json(answer);
  else terminal.print(answer.message);
}
