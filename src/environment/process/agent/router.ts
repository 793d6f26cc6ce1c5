import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { TrunklineError } from '../../../foundation/errors.ts';
import type { Millis } from '../../../foundation/units.ts';
import { RELEASE_HEADER, ROUTE_HEADER, SYNTHETIC_HEADER } from '../../driver.ts';
import type { Counts } from './counts.ts';
import { exchange, type Exchange } from './exchange.ts';
import type { InFlight } from './inflight.ts';
import { Split } from '../../split.ts';

/** One instance as the router sees it. */
export interface Target { readonly http: Dispatcher; readonly inFlight: InFlight }

/** The instances of one release. */
export interface Backend {
  readonly release: string;
  /** The healthy instance that has least to do, not `except`. */
  pick(except?: Target): Target | undefined;
}

/** A predecessor that was killed may take a moment to let its port go. */
const LISTEN_ATTEMPTS = 5;
const LISTEN_AGAIN: Millis = 100;

/** The one address of a region: gives every request to the release that has its turn. */
export class Router {
  readonly #server: Server;
  readonly #counts: Counts;
  readonly split = new Split();
  stable: Backend | undefined;
  candidate: Backend | undefined;

  constructor(counts: Counts) {
    this.#counts = counts;
    this.#server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 0 }, (request, response) => void this.#serve(request, response));
  }

  /** @throws {TrunklineError} `PORT_TAKEN`. */
  async listen(port: number): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        this.#server.listen({ port, host: '127.0.0.1', backlog: 1_024 });
        return void await once(this.#server, 'listening');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
        if (attempt === LISTEN_ATTEMPTS) throw portTaken(port);
        await sleep(LISTEN_AGAIN);
      }
    }
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const synthetic = request.headers[SYNTHETIC_HEADER] !== undefined;
    const first = this.#route(request);
    if (!first) return refuse(response, 503, 'no release serves this region yet');
    let { backend, target } = first;
    let outcome: Exchange | undefined;
    for (let attempt = 1; target && attempt <= 2; attempt++) {
      target.inFlight.enter();
      outcome = await exchange(request, response, target.http, backend.release);
      target.inFlight.leave();
      if (outcome.type !== 'refused') break;
      target = backend.pick(target);
      // The candidate's turn is lost with its last instance; the stable one takes it, as it would have a moment later.
      if (!target && !first.steered && backend === this.candidate && this.stable) {
        backend = this.stable;
        target = backend.pick();
      }
    }
    const error = finish(response, backend.release, outcome);
    this.#counts.add(backend.release, { error, synthetic });
  }

  /** Traffic leads only to healthy instances: a candidate that has none loses its turn, but never gains the stable's. */
  #route(request: IncomingMessage): { backend: Backend; target: Target | undefined; readonly steered: boolean } | undefined {
    if (request.headers[ROUTE_HEADER] === 'candidate' && this.candidate) {
      return { backend: this.candidate, target: this.candidate.pick(), steered: true };
    }
    const turn = this.split.next() === 'candidate' ? this.candidate : this.stable;
    const target = turn?.pick();
    if (turn && turn === this.candidate && !target && this.stable) return { backend: this.stable, target: this.stable.pick(), steered: false };
    return turn && { backend: turn, target, steered: false };
  }
}

function portTaken(port: number): TrunklineError {
  return new TrunklineError('PORT_TAKEN', 'infra', `port ${port} of 127.0.0.1 is in use by another program`,
    'end that program, or remove the environment with "trunkline down" and launch it anew');
}

/** Ends the answer, if it has not ended; true when it counts as an error of the release. */
function finish(response: ServerResponse, release: string, outcome: Exchange | undefined): boolean {
  if (outcome?.type === 'client-left') return false;
  if (outcome?.type === 'answered') return outcome.status >= 500;
  if (outcome?.type === 'failed' && outcome.begun) response.destroy();
  else if (outcome?.type === 'failed') refuse(response, outcome.late ? 504 : 502, `an instance of release ${release} failed to answer: ${outcome.reason}`, release);
  else refuse(response, 502, `release ${release} has no healthy instance here`, release);
  return true;
}

function refuse(response: ServerResponse, status: number, why: string, release?: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...(release === undefined ? {} : { [RELEASE_HEADER]: release }) });
  response.end(`trunkline: ${why}\n`);
}
