import { once } from 'node:events';
import { chmod, lstat, rename, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Millis } from '../../../foundation/units.ts';
import { SOCKET } from '../layout.ts';

/** How long a socket that was removed or replaced stays so. */
const LOOK_EVERY: Millis = 500;

/** Where a socket is bound before it takes its place: a listener that is closed removes the name that it was bound to. */
const BOUND = `${SOCKET}.bound`;

interface Listener { readonly server: Server; readonly at: string }

/**
 * Listens at {@link SOCKET} in the current folder, and anew whenever what lies there is no longer what was put there:
 * a cleaner of old files, a restored copy or another listener must not make a living region unreachable for ever.
 * Resolves once it listens for the first time. Requests under way are answered by the listener that took them.
 */
export async function keepListening(open: () => Server, note: (line: string) => void): Promise<void> {
  let listener = await listen(open());
  void (async () => {
    for (let told = ''; ;) {
      await sleep(LOOK_EVERY, undefined, { ref: false });
      if (await inodeOf(SOCKET) === listener.at) continue;
      try {
        const former = listener;
        listener = await listen(open());
        former.server.close();
        told = '';
        note(`${SOCKET} was removed or replaced; it is bound anew`);
      } catch (error) {
        const { message } = error as Error;
        if (message !== told) note(`${SOCKET} was removed or replaced, and can't be bound anew yet: ${message}`);
        told = message;
      }
    }
  })();
}

async function listen(server: Server): Promise<Listener> {
  await rm(BOUND, { force: true });
  server.listen(BOUND);
  await once(server, 'listening');
  try {
    await chmod(BOUND, 0o600);
    const at = await inodeOf(BOUND);
    if (at === undefined) throw new Error(`${BOUND} was removed at once`);
    // Whatever else lies there goes at this moment, and nobody ever finds nothing.
    await rename(BOUND, SOCKET);
    return { server, at };
  } catch (error) {
    server.close();
    throw error;
  }
}

/** While a socket is bound its inode is its own, whether a name leads to it or not. */
async function inodeOf(path: string): Promise<string | undefined> {
  return lstat(path, { bigint: true }).then(({ dev, ino }) => `${dev} ${ino}`, () => undefined);
}
