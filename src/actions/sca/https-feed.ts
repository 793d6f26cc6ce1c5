import { lookup as resolve } from 'node:dns';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { isIP, type LookupFunction } from 'node:net';
import { join } from 'node:path';
import type { Agent, Dispatcher } from 'undici';
import { digestOf } from '../../foundation/digest.ts';
import type { Clock } from '../../foundation/clock.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import { newId } from '../../foundation/ids.ts';
import { isInner } from '../../network/addresses.ts';
import { allowing, placeOf } from '../../network/reach.ts';
import type { Millis } from '../../foundation/units.ts';
import type { Feed, Fetched } from './feed.ts';

export interface HttpsFeedOptions {
  /** Where copies lie. */
  readonly folder: string;
  readonly clock: Clock;
  readonly largestBytes?: number;
  readonly patience?: Millis;
  /** `HOST` or `HOST:PORT` that the operator counts among this machine's own: they alone may lie in it or its network. */
  readonly inner?: readonly string[] | undefined;
  /** A certificate authority beside those that Node knows. */
  readonly ca?: string;
}

/** A copy that is younger is used as it is. */
const FRESH: Millis = 3_600_000;
const MOST_REDIRECTS = 5;

/**
 * The address comes from a commit: no hop of it leads to this machine or its network, but where the operator says so.
 * Fetches over https alone, within limits of size, time and redirects, and keeps what it got: without a network the copy serves,
 * and says its age.
 */
export function httpsFeed({ folder, clock, largestBytes = 512 * 1024 * 1024, patience = 120_000, ca, inner = [] }: HttpsFeedOptions): Feed {
  return {
    fetch: async (url, signal) => {
      const file = join(folder, digestOf(url).slice('sha256:'.length));
      const kept = await stat(file).catch(() => undefined);
      if (kept && clock.wall() - kept.mtimeMs < FRESH) return { bytes: await readFile(file), fetchedAt: kept.mtimeMs };
      try {
        const bytes = await download(url, { largestBytes, ca, inner, signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]) });
        await keep(folder, file, bytes, clock.wall());
        return { bytes, fetchedAt: clock.wall() };
      } catch (thrown) {
        signal.throwIfAborted();
        const trouble = thrown instanceof TrunklineError ? thrown.message : `${hostOf(url)} does not answer: ${reasonOf(thrown)}`;
        if (!kept) throw thrown instanceof TrunklineError ? thrown : new TrunklineError('ADVISORIES_UNREACHABLE', 'infra', `${trouble}, and there is no copy of an earlier time`, 'try again when it can be reached; or keep the advisories in a folder of the repository');
        return { bytes: await readFile(file), fetchedAt: kept.mtimeMs, trouble } satisfies Fetched;
      }
    },
  };
}

interface Download { readonly largestBytes: number; readonly inner: readonly string[]; readonly ca: string | undefined; readonly signal: AbortSignal }

async function download(url: string, { largestBytes, ca, inner, signal }: Download): Promise<Buffer> {
  const { Agent, request } = await import('undici');
  const own = inner.map((text) => placeOf(text, true));
  let at = url;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const { hostname, port } = requireHttps(at);
    const isOwn = allowing(own, hostname, Number(port || 443)) !== undefined;
    if (!isOwn) requireOuter(hostname);
    // One for each hop: what the operator allows of one host holds for no other that it leads to.
    const agent = new Agent({ connect: { lookup: isOwn ? resolve : outerOnly, ...(ca === undefined ? {} : { ca }) }, headersTimeout: 30_000, bodyTimeout: 30_000 });
    try {
      const response: Dispatcher.ResponseData = await request(at, { dispatcher: agent satisfies Agent, signal, headers: { accept: 'application/zip, application/json' } });
      const location = response.headers['location'];
      if (response.statusCode >= 300 && response.statusCode < 400 && typeof location === 'string') {
        await response.body.dump();
        at = new URL(location, at).href;
        continue;
      }
      if (response.statusCode !== 200) throw unreachable(`${hostOf(at)} answers with the status ${response.statusCode}`);
      return await bounded(response.body, largestBytes, hostOf(at));
    } finally {
      await agent.destroy();
    }
  }
  throw unreachable(`${hostOf(url)} leads on more than ${MOST_REDIRECTS} times`);
}

async function bounded(body: AsyncIterable<Buffer>, largestBytes: number, host: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > largestBytes) throw new TrunklineError('ADVISORIES_TOO_LARGE', 'code', `${host} sends more than ${largestBytes} bytes`, 'give the address of one ecosystem\'s advisories');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function requireHttps(url: string): URL {
  const parsed = new URL(url);
  if (parsed.protocol !== 'https:') throw unreachable(`it leads to ${parsed.protocol}//, and only https:// is followed`);
  return parsed;
}

/** An address in figures is looked up by nobody. */
function requireOuter(hostname: string): void {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0 && isInner(address)) throw isOfThisNetwork(address);
}

/** Refuses what a name stands for when it is connected to, not before, when it may have stood for something else. */
const outerOnly: LookupFunction = (hostname, options, done) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error, '', 0);
    const [first] = addresses;
    const bad = addresses.find(({ address }) => isInner(address));
    if (bad || !first) return done(isOfThisNetwork(bad ? `${hostname}, which is ${bad.address}` : `${hostname}, which is nowhere`), '', 0);
    return options.all ? done(null, addresses) : done(null, first.address, first.family);
  });
};

function isOfThisNetwork(what: string): TrunklineError {
  return new TrunklineError('ADVISORIES_UNREACHABLE', 'infra', `it leads to ${what}: an address of this machine or its network`,
    'give a public address; an operator names a source of this network in "registries" of sandbox.json in the state folder');
}

async function keep(folder: string, file: string, bytes: Buffer, now: number): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const part = `${file}.${newId('part', now)}`;
  try {
    await writeFile(part, bytes, { mode: 0o600, flag: 'wx' });
    await utimes(part, now / 1_000, now / 1_000);
    await rename(part, file);
  } finally {
    await rm(part, { force: true });
  }
}

function hostOf(url: string): string {
  return new URL(url).host;
}

function reasonOf(thrown: unknown): string {
  const { code, name, message } = thrown as NodeJS.ErrnoException;
  return name === 'TimeoutError' ? 'it takes too long' : code ?? message;
}

function unreachable(why: string): TrunklineError {
  return new TrunklineError('ADVISORIES_UNREACHABLE', 'infra', why, 'correct "advisories" in trunkline.config.ts, or keep them in a folder of the repository');
}
