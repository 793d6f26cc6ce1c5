/** The thread that asks instances for their metrics and reads what they say: a megabyte of text holds up no request. */
import { parentPort } from 'node:worker_threads';
import { Agent } from 'undici';
import { lateAfter } from '../../../foundation/late.ts';
import { LIMITS, parseMetrics } from './openmetrics.ts';
import type { Scrape, Scraped } from './scraping.ts';

const agent = new Agent({ connections: 2, keepAliveTimeout: 4_000 });
/** Series rarely change from one second to the next: their names are told when they do. */
const told = new Map<string, readonly string[]>();
const MOST_TOLD = 1_000;

parentPort?.on('message', (scrape: Scrape) => void answer(scrape));

async function answer(scrape: Scrape): Promise<void> {
  const { number, instance } = scrape;
  try {
    const { names, values, ...more } = await scraped(scrape);
    parentPort?.postMessage({ number, instance, ...(names ? { names } : {}), values, ...more } satisfies Scraped, [values.buffer as ArrayBuffer]);
  } catch (error) {
    parentPort?.postMessage({ number, error: (error as Error).message } satisfies Scraped);
  }
}

async function scraped({ instance, port, path, limitMs }: Scrape): Promise<Omit<Extract<Scraped, { readonly values: Float64Array }>, 'number' | 'instance'>> {
  const { statusCode, body } = await agent.request({
    origin: `http://127.0.0.1:${port}`, path, method: 'GET', signal: lateAfter(limitMs, () => new Error(`${path} does not answer within ${limitMs} ms`)), headers: { accept: 'application/openmetrics-text, text/plain' },
  });
  const text = await bounded(body);
  if (statusCode !== 200) throw new Error(`${path} answers ${statusCode}`);
  const { series, lost, fault } = parseMetrics(text);
  const names = [...series.keys()];
  const last = told.get(instance);
  const same = last?.length === names.length && last.every((name, index) => name === names[index]);
  if (told.size > MOST_TOLD) told.clear();
  told.set(instance, names);
  return { ...(same ? {} : { names }), values: Float64Array.from(series.values()), lost, ...(fault === undefined ? {} : { fault }) };
}

async function bounded(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > LIMITS.bytes) throw new RangeError(`more than ${LIMITS.bytes} bytes of metrics`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
