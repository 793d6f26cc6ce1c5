import type { IncomingMessage } from 'node:http';
import { problem, Refusal } from './answer.ts';

/** @throws {Refusal} 415 for what is not JSON by its type, 413 over the limit, 400 for what does not parse */
export async function readJson(request: IncomingMessage, limitBytes: number): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) throw new Refusal(problem(415, 'send application/json'));
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) throw new Refusal(problem(413, `send at most ${limitBytes} bytes`, undefined, { connection: 'close' }));
    chunks.push(chunk);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    throw new Refusal(problem(400, 'the body is not JSON in UTF-8'));
  }
}
