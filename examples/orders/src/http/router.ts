import type { IncomingMessage } from 'node:http';
import { problem, type Answer } from './answer.ts';

export interface Request {
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** Reads the body, which must be JSON and within the limit. */
  readonly body: () => Promise<unknown>;
}

export type Handler = (request: Request) => Promise<Answer> | Answer;

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Such as `/api/orders/:id`; a part with a colon takes any one part of a path. */
  readonly path: string;
  readonly handler: Handler;
  /** Set for what machines ask to watch the shop: it is not counted as its work. */
  readonly operational?: true;
}

export type Match =
  | { readonly found: true; readonly route: Route; readonly parameters: Readonly<Record<string, string>> }
  | { readonly found: false; readonly answer: Answer };

/** HEAD is answered wherever GET is. */
export function match(routes: readonly Route[], method: string, path: string): Match {
  const asked = method === 'HEAD' ? 'GET' : method;
  const methods: string[] = [];
  for (const route of routes) {
    const parameters = fits(route.path, path);
    if (!parameters) continue;
    if (route.method === asked) return { found: true, route, parameters };
    methods.push(...(route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]));
  }
  if (methods.length > 0) return { found: false, answer: problem(405, 'this address does not take that method', undefined, { allow: methods.join(', ') }) };
  return { found: false, answer: problem(404, 'there is nothing at this address') };
}

function fits(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    if (!part.startsWith(':')) {
      if (part !== given[index]) return undefined;
      continue;
    }
    const value = decoded(given[index]!);
    if (!value) return undefined;
    parameters[part.slice(1)] = value;
  }
  return parameters;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined; // not an address that could exist here
  }
}
