import { setImmediate } from 'node:timers/promises';
import { textOf } from '../../foundation/text.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import { formatDuration, type Instant } from '../../foundation/units.ts';
import { parseJson, ReportFault } from '../../reports/json.ts';
import type { CommitHistory } from '../../source/history.ts';
import { invalid, readAdvisory, type Advisory } from './advisory.ts';
import type { Feed } from './feed.ts';
import { readZip, ZipFault } from './zip.ts';

/** What a source of advisories holds for the packages that were asked for. */
export interface Source {
  readonly advisories: readonly Advisory[];
  /** All that it holds, withdrawn ones not counted. */
  readonly count: number;
  /** The newest `modified` of all. */
  readonly newest: Instant;
  /** What else should be known, such as that it is a copy. */
  readonly notes: readonly string[];
}

export interface SourceParts {
  readonly history: CommitHistory;
  readonly feed: Feed;
  readonly now: Instant;
  readonly signal: AbortSignal;
}

interface Document { readonly name: string; readonly bytes: Buffer }

const LIMITS = { entries: 500_000, entryBytes: 16 * 1024 * 1024, bytes: 4 * 1024 ** 3 } as const;
const LARGEST_FILE_BYTES = 64 * 1024 * 1024;
const OLD = 30 * 86_400_000;
const AT_ONCE = 50;

/**
 * Reads a folder or file of the commit, or what an https: address gives.
 * @throws {TrunklineError} `ADVISORIES_EMPTY`, `ADVISORIES_TOO_LARGE`, `ADVISORIES_UNREACHABLE`, `ADVISORY_INVALID`.
 */
export async function readSource(where: string, parts: SourceParts, concerns: (key: string) => boolean): Promise<Source> {
  const notes: string[] = [];
  const advisories: Advisory[] = [];
  let count = 0;
  let read = 0;
  let newest = Number.NEGATIVE_INFINITY;
  for await (const document of documentsOf(where, parts, notes)) {
    for (const one of entriesOf(document)) {
      read += 1;
      if (read > LIMITS.entries) throw tooLarge(where, `more than ${LIMITS.entries} advisories`);
      const { modified, isWithdrawn, advisories: found } = readAdvisory(one, document.name, concerns);
      newest = Math.max(newest, Date.parse(modified));
      if (isWithdrawn) continue;
      count += 1;
      advisories.push(...found);
    }
    // Others want the thread too.
    if (read % AT_ONCE === 0) await setImmediate();
    parts.signal.throwIfAborted();
  }
  if (count === 0) throw new TrunklineError('ADVISORIES_EMPTY', 'code', `there is not one advisory in ${where}: nothing could ever be found`, 'put advisories in the OSV format (.json) there, and commit them; or give the address of a zip of them');
  if (parts.now - newest > OLD) notes.push(`the newest advisory is ${formatDuration(parts.now - newest)} old: what became known since is not looked for`);
  return { advisories, count, newest, notes };
}

async function* documentsOf(where: string, { history, feed, signal, now }: SourceParts, notes: string[]): AsyncGenerator<Document> {
  if (where.startsWith('https://')) {
    const { bytes, fetchedAt, trouble } = await feed.fetch(where, signal);
    if (trouble !== undefined) notes.push(`a copy of ${new Date(fetchedAt).toISOString().slice(0, 16)}Z, ${formatDuration(now - fetchedAt)} old: ${trouble}`);
    yield* unpacked({ name: new URL(where).pathname.split('/').at(-1) || where, bytes });
    return;
  }
  const folder = `${where.replace(/^\.\/|\/+$/g, '')}/`;
  for await (const { path, size, bytes } of history.files(signal, (each) => each === where || `${each}/` === folder || (each.startsWith(folder) && /\.(?:json|zip)$/i.test(each)))) {
    if (size > bytes.length) throw tooLarge(path, `${size} bytes`);
    yield* unpacked({ name: path, bytes });
  }
}

async function* unpacked({ name, bytes }: Document): AsyncGenerator<Document> {
  if (bytes.toString('latin1', 0, 2) !== 'PK') {
    if (bytes.length > LARGEST_FILE_BYTES) throw tooLarge(name, `${bytes.length} bytes of JSON`);
    yield { name, bytes };
    return;
  }
  try {
    for await (const entry of readZip(bytes, LIMITS, (each) => /\.json$/i.test(each))) yield { name: `${name} > ${entry.name}`, bytes: entry.bytes };
  } catch (thrown) {
    if (thrown instanceof ZipFault) throw invalid(name, thrown.message);
    throw thrown;
  }
}

/** One advisory, a list of them, or a list in `vulns`, as the query interface of osv.dev answers. */
function entriesOf({ name, bytes }: Document): readonly unknown[] {
  try {
    const value = parseJson(textOf(bytes));
    if (Array.isArray(value)) return value;
    if (typeof value === 'object' && value !== null && 'vulns' in value && Array.isArray(value.vulns)) return value.vulns;
    return [value];
  } catch (thrown) {
    if (thrown instanceof ReportFault) throw invalid(name, `${thrown.message} (${thrown.place})`);
    throw thrown;
  }
}

function tooLarge(what: string, much: string): TrunklineError {
  return new TrunklineError('ADVISORIES_TOO_LARGE', 'code', `${what} has ${much}`, 'give the advisories of the ecosystems that the application uses');
}
