import { request, type IncomingMessage } from 'node:http';
import { TrunklineError } from '../foundation/errors.ts';
import type { Answer, Command } from '../core/command.ts';
import type { Recorded } from '../journal/events.ts';
import { COMMAND, EVENTS, type Refusal, type Request } from './api.ts';
import { originHere } from './origin.ts';
import { socketAddress } from './socket.ts';

/** Who can be asked to run a pipeline: a host in this process, or a living one behind its socket. */
export interface Conductor {
  command(command: Command, user: string): Promise<Answer>;
  watch(after: number, signal: AbortSignal): AsyncIterable<Recorded>;
}

/** The host that lives behind the socket; undefined where none answers. */
export async function connect(path: string): Promise<Conductor | undefined> {
  try {
    (await call(path, 'GET', '/')).resume();
  } catch (error) {
    if (isGone(error) || (error as NodeJS.ErrnoException).code === 'ECONNRESET') return undefined; // it is just ending
    throw error;
  }
  return {
    command: async (command, user) => {
      const { via: _via, ...from } = originHere('socket');
      const asked: Request = { user, command, from };
      return JSON.parse(await text(await call(path, 'POST', COMMAND, JSON.stringify(asked)).catch((error: Error) => {
        throw isGone(error) ? new TrunklineError('HOST_GONE', 'infra', 'the host ended before it was asked', 'ask again') : lost(error.message);
      }))) as Answer;
    },
    watch: (after, signal) => watch(path, after, signal),
  };
}

async function* watch(path: string, after: number, signal: AbortSignal): AsyncIterable<Recorded> {
  const response = await call(path, 'GET', `${EVENTS}?after=${after}`).catch((error: Error) => {
    throw lost(error.message);
  });
  const stop = (): void => void response.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const line of linesOf(response)) yield JSON.parse(line) as Recorded;
    if (!signal.aborted) throw lost('it ended');
  } catch (error) {
    if (signal.aborted) return;
    throw error instanceof TrunklineError ? error : lost((error as Error).message);
  } finally {
    signal.removeEventListener('abort', stop);
    response.destroy();
  }
}

/** By hand, because `readline` waits for ever when its input breaks off. */
async function* linesOf(response: IncomingMessage): AsyncIterable<string> {
  let rest = '';
  for await (const text of response.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** Nobody listens, or nobody read what was written: nothing was heard. */
function isGone(error: unknown): boolean {
  return ['ENOENT', 'ECONNREFUSED', 'EPIPE'].includes(String((error as NodeJS.ErrnoException).code));
}

function lost(why: string): TrunklineError {
  return new TrunklineError('HOST_LOST', 'infra', `the host went away: ${why}`, 'start "trunkline up" again: the run goes on where it was');
}

function call(path: string, method: string, url: string, payload?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const address = socketAddress(path);
    const sent = request({ socketPath: address.path, method, path: url, agent: false }, resolve);
    sent.on('error', reject).once('close', () => address.release());
    sent.end(payload);
  });
}

async function text(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString('utf8');
  if (response.statusCode === 200) return body;
  const { error } = JSON.parse(body) as Refusal;
  throw new TrunklineError(error.code, error.class, error.message, error.hint, error.lastLines);
}
