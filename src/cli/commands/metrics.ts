import { readFileSync } from 'node:fs';
import { TrunklineError } from '../../foundation/errors.ts';
import { formatDuration, type Instant } from '../../foundation/units.ts';
import { attemptsOf } from '../../metrics/fold.ts';
import { LARGEST_IMPORT, parseImport } from '../../metrics/import.ts';
import { fourMetrics } from '../../metrics/metrics.ts';
import type { Session } from '../command.ts';
import { paint } from '../text.ts';

interface MetricsOptions { readonly from?: string; readonly to?: string; readonly import?: string }

/** `trunkline metrics` */
export async function metrics({ terminal, json, product: open }: Session, options: MetricsOptions): Promise<void> {
  const attempts = options.import === undefined ? attemptsOf((await open()).events(0)) : parseImport(read(options.import));
  const from = instant(options.from, '--from');
  const to = instant(options.to, '--to');
  const four = fourMetrics(attempts, { now: Date.now(), ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });
  if (json) return terminal.json(four);
  const time = (value: number | null): string => (value === null ? '—' : formatDuration(value));
  terminal.table(['metric', 'value', 'what it is'], [
    ['lead time', time(four.leadTimeMs), 'from the push of a commit to its being live everywhere, on average'],
    ['deploy frequency', `${four.deploysPerDay.toFixed(2)} a day`, `${four.deployments} deployment(s) to production in the period`],
    ['MTBF', time(four.mtbfMs), 'from the start of a good pipeline to the start of the next bad one, on average'],
    ['MTTR', time(four.mttrMs), 'from the start of a bad pipeline to the start of the next good one, on average'],
  ]);
  terminal.print(paint('dim', `${new Date(four.from).toISOString()} to ${new Date(four.to).toISOString()}`));
}

/** ISO 8601, or epoch milliseconds. */
function instant(text: string | undefined, option: string): Instant | undefined {
  if (text === undefined) return undefined;
  const value = /^-?\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isSafeInteger(value)) return value;
  throw new TrunklineError('TIME_INVALID', 'usage', `${option} ${JSON.stringify(text)} is no time`, 'write 2026-11-23T10:00:00Z, or epoch milliseconds');
}

function read(file: string): string {
  try {
    return file === '-' ? readFileSync(0, 'utf8') : readFileSync(file, 'utf8');
  } catch (error) {
    throw new TrunklineError('FILE_UNREADABLE', 'usage', `${file} can't be read: ${(error as Error).message}`, `give a JSON file of at most ${LARGEST_IMPORT.bytes / 1024 / 1024} MB, or - for standard input`);
  }
}
