import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until there is an answer. @throws naming `what`, when there is none within `limit` milliseconds. */
export async function until<Value>(what: string, ask: () => Value | undefined | Promise<Value | undefined>, limit = 30_000): Promise<Value> {
  const deadline = performance.now() + limit;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${Math.round(limit / 1_000)} s: ${what}`);
    await sleep(40);
  }
}
