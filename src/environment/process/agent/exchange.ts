import { request as send, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Millis } from '../../../foundation/units.ts';
import type { Connections } from './connections.ts';
import { toClient, toInstance } from './headers.ts';

/** How a request to one instance ended. */
export type Exchange =
  | { readonly type: 'answered'; readonly status: number }
  /** Nobody listened: not one byte was sent, so another instance may be asked. */
  | { readonly type: 'refused' }
  /** A kept connection had been closed by the instance; nothing of the request was answered. */
  | { readonly type: 'stale' }
  /** `begun`: the client has had a part of an answer, and can only be cut off. */
  | { readonly type: 'failed'; readonly reason: string; readonly late: boolean; readonly begun: boolean }
  /** `status`, where an answer had begun. */
  | { readonly type: 'client-left'; readonly status?: number }
  /** What the client sent can't be passed on. */
  | { readonly type: 'unsendable'; readonly reason: string };

/** A connection of the client that wants to speak something else than HTTP. */
export interface Upgrade { readonly socket: Duplex; readonly head: Buffer }

export interface Exchanged {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly instance: Connections;
  readonly release: string;
  readonly upgrade?: Upgrade;
  /** Not over a connection that was kept. */
  readonly fresh?: boolean;
  /** The instance has begun to answer. */
  readonly answering: (status: number) => void;
  /** The two ends of a connection that was upgraded; it is under way until they are closed. */
  readonly tunnelled: (ends: readonly [Duplex, Duplex]) => void;
}

/** An instance that says nothing for so long counts as failed. */
export const ANSWER_LIMIT: Millis = 60_000;
/** One end of a tunnel has closed; the other may say so much longer what it has to say. */
const HALF_OPEN: Millis = 2_000;
/** Headers of an answer that are longer are refused. */
export const HEADERS_LIMIT_BYTES = 256 * 1_024;
/** May be sent twice (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Passes one request on to an instance and its answer back, both streamed with back-pressure. Never rejects. */
export function exchange(given: Exchanged): Promise<Exchange> {
  return new Promise((resolve) => {
    try {
      pass(given, resolve);
    } catch (error) {
      resolve({ type: 'unsendable', reason: (error as Error).message });
    }
  });
}

/** Whether the request may be sent a second time, of which a kept connection may have lost the first. */
export function isRepeatable(request: IncomingMessage): boolean {
  return IDEMPOTENT.has(request.method ?? '') && !hasBody(request);
}

function pass({ request, response, instance, release, upgrade, fresh, answering, tunnelled }: Exchanged, resolve: (outcome: Exchange) => void): void {
  const { kept, port } = instance;
  const outgoing = send({
    host: '127.0.0.1', port, method: request.method, path: pathOf(request), headers: headersOf(request, upgrade),
    // Nobody could tell whether one that must not be repeated was received, where its connection turns out to be closed.
    agent: fresh || upgrade || !isRepeatable(request) ? false : kept,
    maxHeaderSize: HEADERS_LIMIT_BYTES,
  });
  outgoing.maxHeadersCount = 0;
  let status: number | undefined;
  let isOver = false;
  const patience = setTimeout(() => outgoing.destroy(new Late()), ANSWER_LIMIT);
  const end = (outcome: Exchange): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(patience);
    response.removeListener('close', left);
    request.unpipe(outgoing);
    resolve(outcome);
  };
  const left = (): void => {
    if (response.writableFinished) return;
    end({ type: 'client-left', ...(status === undefined ? {} : { status }) });
    outgoing.destroy();
  };
  response.once('close', left);
  request.once('error', left);
  outgoing.on('continue', () => {
    if (request.headers.expect !== undefined) response.writeContinue();
  });
  outgoing.on('upgrade', (answer, socket, head) => {
    if (!upgrade) return void outgoing.destroy(new Error('it changed the protocol without being asked to'));
    answering(answer.statusCode ?? 101);
    response.detachSocket(upgrade.socket as Socket);
    tunnel(answer, { socket, head }, upgrade, release);
    tunnelled([socket, upgrade.socket]);
    end({ type: 'answered', status: answer.statusCode ?? 101 });
  });
  outgoing.on('response', (answer) => {
    clearTimeout(patience);
    status = answer.statusCode ?? 502;
    answering(status);
    try {
      response.writeHead(status, answer.statusMessage ?? '', toClient(answer.rawHeaders, release));
      response.flushHeaders();
    } catch (error) {
      return void outgoing.destroy(error as Error);
    }
    answer.on('error', (error) => end(failure(error, outgoing, response)));
    answer.on('end', () => end({ type: 'answered', status: status as number }));
    answer.pipe(response);
  });
  outgoing.on('error', (error) => end(failure(error, outgoing, response)));
  // It ended without an answer and without an error.
  outgoing.on('close', () => end(failure(new Error('it closed the connection'), outgoing, response)));
  if (hasBody(request)) {
    outgoing.flushHeaders();
    // Not one byte of it is taken before there is somebody who reads it: another instance may have to.
    outgoing.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => void request.pipe(outgoing));
      else request.pipe(outgoing);
    });
  } else {
    outgoing.end();
  }
}

class Late extends Error {
  override readonly message = `no answer within ${ANSWER_LIMIT / 1_000} s`;
}

function failure(error: Error & { readonly code?: string }, { reusedSocket }: ClientRequest, response: ServerResponse): Exchange {
  const begun = response.headersSent;
  if (error.code === 'ECONNREFUSED') return { type: 'refused' };
  if (reusedSocket && !begun && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) return { type: 'stale' };
  const reason = error.code === 'HPE_HEADER_OVERFLOW' ? `the headers of its answer have more than ${HEADERS_LIMIT_BYTES / 1_024} kB` : error.message;
  return { type: 'failed', reason, late: error instanceof Late, begun };
}

/** Joins the two connections, from the answer's head on. */
function tunnel(answer: IncomingMessage, instance: Upgrade, client: Upgrade, release: string): void {
  const head = toClient(answer.rawHeaders, release, 'upgrade');
  const lines = Array.from({ length: head.length / 2 }, (_, index) => `${head[index * 2]}: ${head[index * 2 + 1]}\r\n`);
  client.socket.write(Buffer.from(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${lines.join('')}\r\n`, 'latin1'));
  if (instance.head.length > 0) client.socket.write(instance.head);
  if (client.head.length > 0) instance.socket.write(client.head);
  for (const [one, other] of [[client.socket, instance.socket], [instance.socket, client.socket]] as const) {
    one.pipe(other);
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
    one.on('end', () => void setTimeout(() => other.destroy(), HALF_OPEN).unref());
  }
}

function headersOf(request: IncomingMessage, upgrade: Upgrade | undefined): string[] {
  const { headers, rawHeaders, socket } = request;
  const passed = toInstance(rawHeaders, { address: socket.remoteAddress ?? '', host: headers.host ?? '' }, upgrade ? 'upgrade' : undefined);
  if (headers.host === undefined) passed.unshift('host', 'localhost');
  if (headers['transfer-encoding'] !== undefined) passed.push('transfer-encoding', 'chunked');
  else if (headers['content-length'] === undefined && !['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE'].includes(request.method ?? '')) passed.push('content-length', '0');
  return passed;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** A request line may hold a whole URL; an instance gets the path. `OPTIONS *` asks about no path at all. */
function pathOf({ url = '/', method }: IncomingMessage): string {
  if (url.startsWith('/') || (url === '*' && method === 'OPTIONS')) return url;
  const parsed = URL.parse(url);
  return parsed ? parsed.pathname + parsed.search : `/${url}`;
}
