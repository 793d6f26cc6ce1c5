import { once } from 'node:events';
import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { TrunklineError } from '../../../foundation/errors.ts';
import type { Millis } from '../../../foundation/units.ts';
import { RELEASE_HEADER, ROUTE_HEADER, SYNTHETIC_HEADER } from '../../driver.ts';
import type { Connections } from './connections.ts';
import type { Counts, Ended } from './counts.ts';
import { exchange, type Exchange, type Exchanged, type Upgrade } from './exchange.ts';
import type { InFlight } from './inflight.ts';
import { malformed, refuseConnection } from './malformed.ts';
import { Split } from '../../split.ts';

/** One instance as the router sees it. */
export interface Target { readonly id: string; readonly http: Connections; readonly inFlight: InFlight }

/** The instances of one release. */
export interface Backend {
  readonly release: string;
  /** The healthy instance that has least to do, not `except`. */
  pick(except?: Target): Target | undefined;
}

/** A predecessor that was killed may take a moment to let its port go. */
const LISTEN_ATTEMPTS = 5;
const LISTEN_AGAIN: Millis = 100;

interface Turn { readonly backend: Backend; readonly target: Target | undefined; readonly steered: boolean }

/** The one address of a region: gives every request to the release that has its turn. */
export class Router {
  readonly #server: Server;
  readonly #counts: Counts;
  /** Connections that speak something else than HTTP by now. */
  readonly #tunnels = new Set<Duplex>();
  readonly split = new Split();
  stable: Backend | undefined;
  candidate: Backend | undefined;

  constructor(counts: Counts) {
    this.#counts = counts;
    this.#server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 0, requireHostHeader: false, shouldUpgradeCallback: mayUpgrade }, (request, response) => void this.#serve(request, response));
    this.#server.maxHeadersCount = 0; // all of them pass, or none
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response));
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, { socket, head }));
    this.#server.on('connect', (_request: IncomingMessage, socket: Duplex) => void socket.end('HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'));
    this.#server.on('clientError', ({ code }: NodeJS.ErrnoException, socket: Duplex) => refuseConnection(socket, code));
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
    for (const end of this.#tunnels) end.destroy();
    await closed;
  }

  /** Until the instance agrees, it is a request like any other, which may also be answered like one. */
  #upgrade(request: IncomingMessage, upgrade: Upgrade): void {
    const { socket } = upgrade;
    socket.on('error', () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Socket);
    response.once('finish', () => socket.end());
    if (!mayUpgrade(request)) return refuse(response, 400, 'a request that changes the protocol has no body');
    void this.#serve(request, response, upgrade);
  }

  async #serve(request: IncomingMessage, response: ServerResponse, upgrade?: Upgrade): Promise<void> {
    const fault = malformed(request);
    if (fault) return refuse(response, fault.status, fault.why);
    const first = this.#route(request);
    if (!first) return refuse(response, 503, 'no release serves this region yet');
    const began = performance.now();
    let tookMs: Millis | undefined;
    const answered = this.#counts.open(first.backend.release);
    const { backend, target, outcome } = await this.#ask(first, {
      request, response, ...(upgrade ? { upgrade } : {}),
      answering: () => {
        answered();
        tookMs = performance.now() - began;
      },
    });
    answered();
    const ended = finish(response, backend.release, outcome);
    if (!ended) return;
    const synthetic = request.headers[SYNTHETIC_HEADER] !== undefined;
    this.#counts.add(backend.release, { ...ended, synthetic, ...(tookMs === undefined ? {} : { tookMs }), ...(target ? { instance: target.id } : {}) });
  }

  /** Asks one instance, and another one where nobody listened at the first. */
  async #ask(first: Turn, given: Omit<Exchanged, 'instance' | 'release' | 'tunnelled' | 'fresh'>): Promise<{ readonly backend: Backend; readonly target: Target | undefined; readonly outcome: Exchange | undefined }> {
    let { backend, target } = first;
    let asked: Target | undefined;
    let outcome: Exchange | undefined;
    for (let attempt = 1; target && attempt <= 2; attempt++) {
      asked = target;
      outcome = await this.#exchange(given, backend, target);
      if (outcome.type !== 'refused') break;
      target = backend.pick(target);
      // The candidate's turn is lost with its last instance; the stable one takes it, as it would have a moment later.
      if (!target && !first.steered && backend === this.candidate && this.stable) {
        backend = this.stable;
        target = backend.pick();
      }
    }
    return { backend, target: asked, outcome };
  }

  async #exchange(given: Omit<Exchanged, 'instance' | 'release' | 'tunnelled' | 'fresh'>, { release }: Backend, target: Target): Promise<Exchange> {
    const { inFlight } = target;
    const ask = (fresh: boolean): Promise<Exchange> => exchange({ ...given, instance: target.http, release, fresh, tunnelled: (ends) => this.#tunnelled(ends, inFlight) });
    inFlight.enter();
    try {
      const outcome = await ask(false);
      if (outcome.type !== 'stale') return outcome;
      const again = await ask(true);
      return again.type === 'refused' ? { type: 'failed', reason: 'it ended', late: false, begun: false } : again;
    } finally {
      inFlight.leave();
    }
  }

  /** It is under way until it is closed: an instance that is to end waits for it as for any request. */
  #tunnelled(ends: readonly [Duplex, Duplex], inFlight: InFlight): void {
    inFlight.enter();
    for (const end of ends) this.#tunnels.add(end);
    void Promise.all(ends.map((end) => once(end, 'close').catch(() => undefined))).then(() => {
      for (const end of ends) this.#tunnels.delete(end);
      inFlight.leave();
    });
  }

  /** Traffic leads only to healthy instances: a candidate that has none loses its turn, but never gains the stable's. */
  #route(request: IncomingMessage): Turn | undefined {
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

/** Ends the answer, if it has not ended; undefined where it says nothing of the release. */
function finish(response: ServerResponse, release: string, outcome: Exchange | undefined): Omit<Ended, 'synthetic'> | undefined {
  switch (outcome?.type) {
    case 'answered': return { error: outcome.status >= 500 };
    case 'client-left': return outcome.status === undefined ? undefined : { error: outcome.status >= 500 };
    case 'unsendable': return void refuse(response, 400, `the request can't be passed on: ${outcome.reason}`);
    case 'failed':
      if (outcome.begun) response.destroy();
      else refuse(response, outcome.late ? 504 : 502, `an instance of release ${release} failed to answer: ${outcome.reason}`, release);
      return { error: true, unanswered: true, late: outcome.late };
    default:
      refuse(response, 502, `release ${release} has no healthy instance here`, release);
      return { error: true, unanswered: true };
  }
}

/** What has a body, or asks for another version of HTTP, is served as if it had not asked. */
function mayUpgrade({ headers }: IncomingMessage): boolean {
  return (headers['content-length'] ?? '0') === '0' && headers['transfer-encoding'] === undefined && headers.upgrade?.toLowerCase() !== 'h2c';
}

function refuse(response: ServerResponse, status: number, why: string, release?: string): void {
  if (response.headersSent) return void response.destroy();
  // What is left of a request that was refused is not read, so that nothing can follow on its connection.
  if (!response.req.complete) response.shouldKeepAlive = false;
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...(release === undefined ? {} : { [RELEASE_HEADER]: release }) });
  response.end(`trunkline: ${why}\n`);
}
