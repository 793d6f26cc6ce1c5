import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { text } from './answer.ts';
import { unlessKnown } from './etag.ts';
import type { Route } from './router.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** One route for each file of a folder, read once: what is not in the folder has no route, whatever path is asked for. */
export function filesOf(folder: string): readonly Route[] {
  return readdirSync(folder).sort().map((name) => fileAt(name === 'index.html' ? '/' : `/${name}`, join(folder, name)));
}

export function fileAt(path: string, file: string): Route {
  const answer = text(200, TYPES[extname(file)] ?? 'application/octet-stream', readFileSync(file));
  return { method: 'GET', path, handler: ({ headers }) => unlessKnown(answer, headers['if-none-match']) };
}
