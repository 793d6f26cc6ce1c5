import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { TrunklineError } from '../../../foundation/errors.ts';

/** Below the ranges from which Linux (32768) and macOS (49152) take the ports of outgoing connections. */
const FIRST = 20_000;
const LAST = 32_767;

/** A port on which nobody listens now, and that no outgoing connection will take. @throws {TrunklineError} `NO_PORT`. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(FIRST, LAST + 1);
    if (await isFree(port)) return port;
  }
  throw new TrunklineError('NO_PORT', 'infra', `found no free port between ${FIRST} and ${LAST}`, 'end programs that listen there');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
