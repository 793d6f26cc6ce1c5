import type { Millis } from '../../foundation/units.ts';
import type { EmbeddedHost } from './host.ts';

/** A host that must end does so within this. What then still lives, the next host ends. */
const LAST: Millis = 60_000;

/**
 * Exceptions and rejections that nobody caught go to the host that lives in this process, for as long as it does: Node
 * would end the process, and with it the way back of every release. It is called where the fault was thrown, so that
 * the host can tell whose it is.
 */
export function catchStrays(host: EmbeddedHost): Disposable {
  const caught = (thrown: unknown): void => {
    host.stray(thrown);
    if (host.isOver) setTimeout(() => process.exit(1), LAST).unref();
  };
  process.on('uncaughtException', caught); // also rejections, which become exceptions where nobody listens to them
  return { [Symbol.dispose]: () => void process.off('uncaughtException', caught) };
}
