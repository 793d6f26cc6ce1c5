import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { TrunklineError, errorRecord } from '../foundation/errors.ts';
import type { Host } from '../host/host.ts';
import type { Command } from '../core/command.ts';
import type { Origin } from '../journal/events.ts';
import { COMMAND, EVENTS, requestSchema, type Refusal } from './api.ts';
import { socketAddress } from './socket.ts';

const MOST_BYTES = 64 * 1_024;
const STATUS = { usage: 422, refused: 403, infra: 503, code: 409, bug: 500 } as const;

/** Answers on a socket in the state folder that only its owner can open. */
export async function serve(host: Host, path: string): Promise<AsyncDisposable> {
  await rm(path, { force: true }); // whoever holds the host lock owns the name
  const closing = new AbortController();
  const server = createServer((request, response) => {
    void answer(host, request, response, closing.signal).catch((error: unknown) => refuse(response, error));
  });
  const address = socketAddress(path);
  try {
    const mask = process.umask(0o177);
    try {
      server.listen(address.path);
    } finally {
      process.umask(mask);
    }
    await new Promise<void>((resolve, reject) => server.once('listening', resolve).once('error', reject));
    await chmod(path, 0o600);
  } finally {
    address.release();
  }
  return {
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      // What is being answered is answered; a listener that has stopped reading is not waited for.
      const patience = setTimeout(() => server.closeAllConnections(), 2_000);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
      clearTimeout(patience);
      await rm(path, { force: true });
    },
  };
}

async function answer(host: Host, request: IncomingMessage, response: ServerResponse, closing: AbortSignal): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://trunkline');
  if (request.method === 'POST' && url.pathname === COMMAND) {
    const parsed = requestSchema.safeParse(JSON.parse(await body(request)));
    if (!parsed.success) throw new TrunklineError('REQUEST_INVALID', 'usage', parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
    // Without fields that are there and undefined.
    const { user, command, from } = JSON.parse(JSON.stringify(parsed.data)) as { readonly user: string; readonly command: Command; readonly from?: Omit<Origin, 'via'> };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(await host.command(command, user, from && { via: 'socket', ...from })));
  } else if (request.method === 'GET' && url.pathname === EVENTS) {
    await stream(host, Number(url.searchParams.get('after') ?? 0), response, closing);
  } else {
    throw new TrunklineError('ROUTE_UNKNOWN', 'usage', `there is no ${request.method} ${url.pathname}`);
  }
}

async function stream(host: Host, after: number, response: ServerResponse, closing: AbortSignal): Promise<void> {
  if (!Number.isSafeInteger(after) || after < 0) throw new TrunklineError('REQUEST_INVALID', 'usage', 'after is the place of an event: 0, 1, 2, …');
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.setHeader('content-type', 'application/x-ndjson').flushHeaders();
  for await (const event of host.watch(after, AbortSignal.any([closing, gone.signal]))) {
    if (response.writableCorked === 0) {
      response.cork(); // what comes in one turn of the event loop is written at once
      setImmediate(() => response.uncork());
    }
    if (!response.write(`${JSON.stringify(event)}\n`)) await room(response, gone.signal);
  }
  response.end();
}

/** Resolves once the other side has read what was written, or has gone. */
function room(response: ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go);
      gone.removeEventListener('abort', go);
      resolve();
    };
    if (gone.aborted) return resolve();
    response.once('drain', go);
    gone.addEventListener('abort', go, { once: true });
  });
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new TrunklineError('REQUEST_TOO_LARGE', 'usage', `a command is at most ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refuse(response: ServerResponse, thrown: unknown): void {
  const error = thrown instanceof SyntaxError ? errorRecord(new TrunklineError('REQUEST_INVALID', 'usage', 'the body is not JSON')) : errorRecord(thrown);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const refusal: Refusal = { error };
  response.writeHead(STATUS[error.class], { 'content-type': 'application/json' }).end(JSON.stringify(refusal));
}
