import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { errorRecord, TrunklineError } from '../../../foundation/errors.ts';
import type { Caller } from '../../turns.ts';
import { FENCE_HEADER, requests, type Answers, type Operation, type Request } from '../protocol.ts';
import type { Region } from './region.ts';
import { keepListening } from './listening.ts';

const BODY_LIMIT_BYTES = 4_000_000;

type Handlers = { readonly [O in Operation]: (request: Request<O>, signal: AbortSignal, caller: Caller) => Promise<Answers[O]> | Answers[O] };

function handlers(region: Region): Handlers {
  const done = async (work: Promise<void>): Promise<null> => {
    await work;
    return null;
  };
  return {
    observe: () => region.observe(),
    launch: ({ plan, secrets }, signal, caller) => done(region.launch(plan, secrets, signal, caller)),
    prepare: ({ release, files }, signal, caller) => done(region.prepare(release, files, signal, caller)),
    shift: ({ release, weight }, signal, caller) => done(region.shift(release, weight, signal, caller)),
    // Past the point of no return, whoever asked may leave: it is finished all the same.
    settle: ({ release }, _signal, caller) => done(region.settle(release, caller)),
    restore: (_request, _signal, caller) => done(region.restore(caller)),
    exercise: ({ count }) => {
      region.exercise(count);
      return null;
    },
    telemetry: ({ lastMs, after }) => region.telemetry(lastMs, after),
    database: () => region.database(),
    end: () => done(region.end()),
  };
}

export interface Controlled {
  /** Called once a request to end was answered. */
  readonly ended: () => void;
  readonly note: (line: string) => void;
}

/** Answers the driver at the region's socket in the current folder, for as long as this process lives. */
export async function serveControl(region: Region, { ended, note }: Controlled): Promise<void> {
  const table = handlers(region);
  await keepListening(() => createServer({ requestTimeout: 0 }, (request, response) => void answer(table, request, response, ended)), note);
}

async function answer(table: Handlers, request: IncomingMessage, response: ServerResponse, ended: () => void): Promise<void> {
  const left = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) left.abort(new TrunklineError('CANCELLED', 'infra', 'whoever asked has left'));
  });
  let reply: string;
  try {
    const operation = operationOf(request);
    const parsed = requests[operation].safeParse(await bodyOf(request));
    if (!parsed.success) throw new TrunklineError('REQUEST_INVALID', 'usage', `${operation}: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`);
    // The schema of the operation has just been checked; the types can't follow an index that far.
    const handle = table[operation] as (request: unknown, signal: AbortSignal, caller: Caller) => unknown;
    reply = JSON.stringify({ ok: await handle(parsed.data, left.signal, callerOf(request)) });
    if (operation === 'end') response.once('close', ended);
  } catch (error) {
    reply = JSON.stringify({ error: errorRecord(error) });
  }
  response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
  response.end(reply);
}

function callerOf({ headers }: IncomingMessage): Caller {
  const given = headers[FENCE_HEADER];
  if (given === undefined) return undefined;
  const [, fence, run] = /^(\d{1,15}) ([A-Za-z0-9][A-Za-z0-9._-]{0,127})$/.exec(String(given)) ?? [];
  if (fence === undefined || run === undefined) throw new TrunklineError('REQUEST_INVALID', 'usage', 'the fence is none');
  return { fence: Number(fence), run };
}

function operationOf({ method, url }: IncomingMessage): Operation {
  const operation = url?.slice(1) ?? '';
  if (method === 'POST' && Object.hasOwn(requests, operation)) return operation as Operation;
  throw new TrunklineError('REQUEST_INVALID', 'usage', `a region knows no ${method} ${url}`, 'take the environment down and launch it with this version of Trunkline');
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) throw new TrunklineError('REQUEST_INVALID', 'usage', `a request of more than ${BODY_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new TrunklineError('REQUEST_INVALID', 'usage', 'the request is no JSON');
  }
}
