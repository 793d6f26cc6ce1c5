import { lookup as resolve } from 'node:dns';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { BlockList, isIPv6, type LookupFunction } from 'node:net';
import { join } from 'node:path';
import type { Agent, Dispatcher } from 'undici';
import { digestOf } from '../../foundation/digest.ts';
import type { Clock } from '../../foundation/clock.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import { newId } from '../../foundation/ids.ts';
import type { Millis } from '../../foundation/units.ts';
import type { Feed, Fetched } from './feed.ts';

export interface HttpsFeedOptions {
  /** Where copies lie. */
  readonly folder: string;
  readonly clock: Clock;
  readonly largestBytes?: number;
  readonly patience?: Millis;
  /** A certificate authority beside those that Node knows. */
  readonly ca?: string;
}

/** A copy that is younger is used as it is. */
const FRESH: Millis = 3_600_000;
const MOST_REDIRECTS = 5;

/** Where machines of a cloud are told their credentials: the address comes from a commit, so it is never followed there. */
const forbidden = new BlockList();
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
forbidden.addSubnet('fe80::', 10, 'ipv6');
forbidden.addAddress('fd00:ec2::254', 'ipv6');

/** Fetches over https alone, within limits of size, time and redirects, and keeps what it got: without a network the copy serves, and says its age. */
export function httpsFeed({ folder, clock, largestBytes = 512 * 1024 * 1024, patience = 120_000, ca }: HttpsFeedOptions): Feed {
  return {
    fetch: async (url, signal) => {
      const file = join(folder, digestOf(url).slice('sha256:'.length));
      const kept = await stat(file).catch(() => undefined);
      if (kept && clock.wall() - kept.mtimeMs < FRESH) return { bytes: await readFile(file), fetchedAt: kept.mtimeMs };
      try {
        const bytes = await download(url, { largestBytes, ca, signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]) });
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

interface Download { readonly largestBytes: number; readonly ca: string | undefined; readonly signal: AbortSignal }

async function download(url: string, { largestBytes, ca, signal }: Download): Promise<Buffer> {
  const { Agent, request } = await import('undici');
  const agent = new Agent({ connect: { lookup: allowed, ...(ca === undefined ? {} : { ca }) }, headersTimeout: 30_000, bodyTimeout: 30_000 });
  try {
    let at = url;
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
      requireHttps(at);
      const response: Dispatcher.ResponseData = await request(at, { dispatcher: agent satisfies Agent, signal, headers: { accept: 'application/zip, application/json' } });
      const location = response.headers['location'];
      if (response.statusCode >= 300 && response.statusCode < 400 && typeof location === 'string') {
        await response.body.dump();
        at = new URL(location, at).href;
        continue;
      }
      if (response.statusCode !== 200) throw unreachable(`${hostOf(at)} answers with the status ${response.statusCode}`);
      return await bounded(response.body, largestBytes, hostOf(at));
    }
    throw unreachable(`${hostOf(url)} leads on more than ${MOST_REDIRECTS} times`);
  } finally {
    await agent.destroy();
  }
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

function requireHttps(url: string): void {
  const { protocol, hostname } = new URL(url);
  // An address in figures is looked up by nobody.
  const address = hostname.replace(/^\[|\]$/g, '');
  const isFigures = /^[\d.]+$/.test(address) || isIPv6(address);
  if (protocol !== 'https:') throw unreachable(`it leads to ${protocol}//, and only https:// is followed`);
  if (isFigures && isForbidden(address)) throw unreachable(`it leads to ${address}, which is no source of advisories`);
}

/** Refuses what a name stands for when it is connected to, not before, when it may have stood for something else. */
const allowed: LookupFunction = (hostname, options, done) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error, '', 0);
    const [first] = addresses;
    const bad = addresses.find(({ address }) => isForbidden(address));
    if (bad || !first) return done(Object.assign(new Error(`${hostname} is ${bad?.address ?? 'nowhere'}`), { code: 'EACCES' }), '', 0);
    return options.all ? done(null, addresses) : done(null, first.address, first.family);
  });
};

function isForbidden(address: string): boolean {
  return forbidden.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
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
