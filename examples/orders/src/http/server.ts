import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { DatabaseUnavailable } from '../db/database.ts';
import type { Log } from '../telemetry/log.ts';
import { problem, Refusal, type Answer } from './answer.ts';
import { readJson } from './body.ts';
import { match, type Match, type Route } from './router.ts';

export interface Answered {
  readonly method: string;
  /** The route's pattern, never the path itself: there are few patterns and endless paths. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

export interface WebServerOptions {
  readonly routes: readonly Route[];
  readonly bodyLimitBytes: number;
  readonly log: Log;
  /** Told of every answered request but the operational ones. */
  readonly answered: (request: Answered) => void;
  /** While it is true, every answer asks its client to take the next request elsewhere. */
  readonly draining: () => boolean;
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const SAFE = {
  'content-security-policy': "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

export function createWebServer(options: WebServerOptions): Server {
  return createServer((incoming, outgoing) => {
    void serve(incoming, outgoing, options);
  });
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse, options: WebServerOptions): Promise<void> {
  const began = performance.now();
  const method = METHODS.has(incoming.method ?? '') ? incoming.method! : 'OTHER';
  const url = URL.canParse(incoming.url ?? '', 'http://shop') ? new URL(incoming.url!, 'http://shop') : undefined;
  const matched: Match = url ? match(options.routes, method, url.pathname) : { found: false, answer: problem(400, 'that is no address') };
  const id = randomUUID();

  const answer = await answerTo(matched, incoming, url, id, options);
  if (options.draining()) outgoing.setHeader('connection', 'close');
  const length = answer.status === 304 ? {} : { 'content-length': Buffer.byteLength(answer.body) };
  outgoing.writeHead(answer.status, { ...SAFE, ...answer.headers, ...length, 'x-request-id': id });
  outgoing.end(method === 'HEAD' || answer.status === 304 ? undefined : answer.body);

  if (matched.found && matched.route.operational) return;
  const route = matched.found ? matched.route.path : 'none';
  const seconds = (performance.now() - began) / 1000;
  options.answered({ method, route, status: answer.status, seconds });
  options.log.info('answered', { id, method, route, status: answer.status, ms: Math.round(seconds * 1_000_000) / 1000 });
}

async function answerTo(matched: Match, incoming: IncomingMessage, url: URL | undefined, id: string, options: WebServerOptions): Promise<Answer> {
  if (!matched.found) return matched.answer;
  try {
    return await matched.route.handler({
      parameters: matched.parameters,
      query: url!.searchParams,
      headers: incoming.headers,
      body: () => readJson(incoming, options.bodyLimitBytes),
    });
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    options.log.error('a request failed', error, { id, route: matched.route.path });
    if (error instanceof DatabaseUnavailable) return problem(503, 'the shop cannot look into its books now', undefined, { 'retry-after': '1' });
    return problem(500, `something went wrong on our side; its number is ${id}`);
  }
}
