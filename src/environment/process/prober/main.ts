/**
 * Runs the probes of a region's releases: code of a commit, so it lives in an enclosure of its own and may hang,
 * crash or lie without harm to the region. Descriptor 3 brings orders and takes results, one JSON text a line.
 */
import assert from 'node:assert/strict';
import process from 'node:process';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { RELEASE_HEADER, ROUTE_HEADER, SYNTHETIC_HEADER } from '../../driver.ts';
import { PROBE_LIMIT, type ProbeOrder, type ProbeOutcome } from './order.ts';

const exit = process.exit.bind(process);
const agent = new Socket({ fd: 3, readable: true, writable: true });
agent.once('close', () => exit());
createInterface({ input: agent }).on('line', (line) => void perform(JSON.parse(line) as ProbeOrder));

// One probe that wants to end the process must not end the others.
process.exit = () => {
  throw new Error('a probe must not end its process');
};
// A promise that a probe lost must not end the others.
process.on('unhandledRejection', (reason) => console.error('a probe left a rejected promise behind:', reason));
process.on('uncaughtException', (error) => console.error('a probe threw where nobody caught it:', error));

async function perform({ id, file, url, route }: ProbeOrder): Promise<void> {
  const late = AbortSignal.timeout(PROBE_LIMIT);
  let release: string | undefined;
  const tagged = async (input: string | URL, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set(SYNTHETIC_HEADER, '1');
    if (route) headers.set(ROUTE_HEADER, route);
    const response = await fetch(new URL(input, url), { ...init, headers, signal: init.signal ? AbortSignal.any([init.signal, late]) : late });
    release = response.headers.get(RELEASE_HEADER) ?? release;
    return response;
  };
  const outcome = await attempt(file, { url, fetch: tagged, assert }, late);
  const result: ProbeOutcome = { id, ...outcome, ...(release === undefined ? {} : { release }) };
  agent.write(`${JSON.stringify(result)}\n`);
}

async function attempt(file: string, probe: unknown, late: AbortSignal): Promise<{ readonly ok: boolean; readonly detail: string }> {
  try {
    const { default: run } = await import(pathToFileURL(file).href) as { readonly default: unknown };
    if (typeof run !== 'function') throw new TypeError('the file has no default export that is a function');
    const hung = Promise.withResolvers<never>();
    late.addEventListener('abort', () => hung.reject(late.reason), { once: true });
    await Promise.race([run(probe), hung.promise]);
    return { ok: true, detail: '' };
  } catch (error) {
    if (late.aborted) return { ok: false, detail: `not done within ${PROBE_LIMIT} ms` };
    return { ok: false, detail: words(error) };
  }
}

/** `fetch failed` says nothing; its cause does. */
function words(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, 300);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`.replaceAll(/\s+/g, ' ').slice(0, 300);
}
