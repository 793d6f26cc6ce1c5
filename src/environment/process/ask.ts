import { closeSync, constants, openSync } from 'node:fs';
import { Client } from 'undici';
import { TrunklineError } from '../../foundation/errors.ts';
import { place, SOCKET, type Layout } from './layout.ts';
import type { Caller } from '../turns.ts';
import { failure, FENCE_HEADER, shapes, type Answers, type Operation, type Reply, type Request } from './protocol.ts';

/** Nobody listens at the region's socket, or whoever did died before it answered. */
export class AgentGone extends Error {}

/** What fits into the address of a socket on every system. */
const ADDRESS_LIMIT_BYTES = 100;

/** One operation of a region's agent. @throws {TrunklineError} what the agent throws; {@link AgentGone}. */
export async function ask<O extends Operation>(layout: Layout, operation: O, request: Request<O>, signal: AbortSignal, caller?: Caller): Promise<Answers[O]> {
  signal.throwIfAborted();
  using address = socketAddress(layout);
  const client = new Client('http://region', { connect: { socketPath: address.path }, headersTimeout: 0, bodyTimeout: 0 });
  let reply: Reply<O>;
  const headers = caller ? { [FENCE_HEADER]: `${caller.fence} ${caller.run}` } : {};
  try {
    const { body } = await client.request({ path: `/${operation}`, method: 'POST', headers, body: JSON.stringify(request), signal });
    reply = replyOf(operation, await body.json());
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TrunklineError) throw error;
    throw new AgentGone((error as Error).message, { cause: error });
  } finally {
    await client.destroy();
  }
  if ('ok' in reply) return reply.ok;
  const { code, class: kind, message, hint, lastLines } = reply.error;
  throw new TrunklineError(code, kind, message, hint, lastLines);
}

/** What listens at the socket may be anything. @throws {TrunklineError} `REGION_GARBLED`. */
function replyOf<O extends Operation>(operation: O, given: unknown): Reply<O> {
  const record = Object(given) as { readonly ok?: unknown; readonly error?: { readonly code?: unknown } };
  const shape = shapes[operation];
  const isAnswer = 'ok' in record && (shape ? shape.safeParse(record.ok).success : record.ok === null);
  if (isAnswer || failure.safeParse(record.error).success) return given as Reply<O>;
  throw new TrunklineError('REGION_GARBLED', 'infra', `what answers for the region gives no answer to ${operation}: ${JSON.stringify(given)?.slice(0, 200)}`, 'end whatever has taken the socket of the agent, agent.sock in the folder of the region');
}

/** A folder may lie too deep for a socket's address: then the way leads through a descriptor of the folder. */
function socketAddress(layout: Layout): { readonly path: string } & Disposable {
  if (Buffer.byteLength(layout.socket) <= ADDRESS_LIMIT_BYTES) return { path: layout.socket, [Symbol.dispose]: () => {} };
  if (process.platform !== 'linux') {
    throw new TrunklineError('PATH_TOO_LONG', 'usage', `the path of ${place(layout.id)} is too long for a socket: ${layout.socket}`, 'use a state folder with a shorter path (--state)');
  }
  let folder: number;
  try {
    folder = openSync(layout.folder, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw new AgentGone((error as Error).message, { cause: error });
  }
  return { path: `/proc/self/fd/${folder}/${SOCKET}`, [Symbol.dispose]: () => closeSync(folder) };
}
