import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { lateAfter } from '../foundation/late.ts';
import { isInner } from './addresses.ts';
import { allowing, type Allowed } from './reach.ts';
import { tunnel, upstreamFor } from './upstream.ts';

export interface Dialling {
  readonly allowed: readonly Allowed[];
  /** The host's own environment, for the proxy of the machine. */
  readonly host: { readonly [name: string]: string | undefined };
  /** How names become addresses; by default as everywhere on this machine. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
  /** For name, connection and the upstream proxy together, in milliseconds. */
  readonly deadline?: number;
}

/** It may not be reached: a decision, and not a failure. */
export class Refused extends Error {}

/**
 * Connects to a place that is allowed. A name is looked up once, here, and the very address that was judged is
 * connected to: an answer that changes, or leads back into the machine, gains nothing.
 * @throws {Refused}
 */
export async function dial(name: string, port: number, { allowed, host, resolve = addressesOf, deadline = 15_000 }: Dialling): Promise<Socket> {
  const entry = allowing(allowed, name, port);
  if (entry === undefined) throw new Refused(`${name}:${port} is not among the places that this action may reach`);
  const signal = lateAfter(deadline, () => new Error(`no answer of ${name}:${port} within ${deadline / 1_000} s`));
  const upstream = entry.inner && isIP(name) !== 0 ? undefined : upstreamFor(host, name, port);
  if (upstream !== undefined) return tunnel(upstream, name, port, signal);
  const addresses = isIP(name) === 0 ? await inTime(resolve(name), signal) : [name];
  const fit = addresses.filter((address) => entry.inner || !isInner(address));
  if (fit.length === 0) throw new Refused(`${name} leads to ${addresses.join(', ') || 'no address'}, which is of this machine or its network`);
  let last: unknown;
  for (const address of fit.slice(0, 4)) {
    try {
      return await connected(address, port, signal);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

async function addressesOf(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

async function inTime<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const late = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true }));
  return Promise.race([work, late]);
}

function connected(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const end = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    const late = (): void => end(new Error('no connection in time'));
    signal.addEventListener('abort', late, { once: true });
    socket.once('error', end);
    socket.once('connect', () => {
      signal.removeEventListener('abort', late);
      socket.off('error', end);
      resolve(socket);
    });
  });
}
