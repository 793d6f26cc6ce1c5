import { createHash } from 'node:crypto';
import type { Answer } from './answer.ts';

/** The same answer with its mark, or 304 where the client has that very answer already. */
export function unlessKnown(answer: Answer, ifNoneMatch: string | undefined): Answer {
  const etag = `"${createHash('sha256').update(answer.body).digest('base64url').slice(0, 22)}"`;
  const headers = { etag, 'cache-control': 'no-cache' };
  const known = ifNoneMatch?.split(',').map((mark) => mark.trim().replace(/^W\//, '')) ?? [];
  if (known.includes(etag) || known.includes('*')) return { status: 304, headers, body: '' };
  return { ...answer, headers: { ...answer.headers, ...headers } };
}
