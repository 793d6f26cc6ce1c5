import { readFileSync } from 'node:fs';
import { TrunklineError } from '../../foundation/errors.ts';
import { formatDuration, type Instant } from '../../foundation/units.ts';
import { attemptsOf } from '../../metrics/fold.ts';
import { LARGEST_IMPORT, parseImport } from '../../metrics/import.ts';
import { fourMetrics, type FourMetrics } from '../../metrics/metrics.ts';
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
  terminal.table(['metric', 'value', 'what it is'], metricRows(four));
  terminal.print(paint('dim', `${new Date(four.from).toISOString()} to ${new Date(four.to).toISOString()}`));
}

/** Where there is no value, the reason stands in the place of what it is. */
export function metricRows(four: FourMetrics): readonly (readonly [name: string, value: string, what: string])[] {
  const row = (name: string, value: number | null, what: string, why: string): readonly [string, string, string] => (value === null ? [name, '—', why] : [name, formatDuration(value), what]);
  return [
    row('lead time', four.leadTimeMs, 'from the push of a commit to its being live everywhere, on average', 'no commit has come to production in the period'),
    ['deploy frequency', `${four.deploysPerDay.toFixed(2)} a day`, `${four.deployments} deployment(s) to production in the period`],
    row('MTBF', four.mtbfMs, 'from the start of a good pipeline to the start of the next bad one, on average', noSpan(four, 'green')),
    row('MTTR', four.mttrMs, 'from the start of a bad pipeline to the start of the next good one, on average', noSpan(four, 'red')),
  ];
}

/** Why no healthy or broken time has ended; one that lasts is in no average. */
function noSpan({ open }: FourMetrics, health: 'green' | 'red'): string {
  if (open?.health === health) return `${health === 'green' ? 'nothing has failed' : 'nothing has succeeded'} since ${new Date(open.since).toISOString()}: ${formatDuration(open.ageMs)}, and it lasts`;
  return health === 'green' ? 'no good run was followed by a bad one in the period' : 'no bad run was followed by a good one in the period';
}

/** ISO 8601, of UTC where it names no zone, wherever the machine stands; or epoch milliseconds. */
function instant(text: string | undefined, option: string): Instant | undefined {
  if (text === undefined) return undefined;
  const value = /^-?\d+$/.test(text) ? Number(text) : Date.parse(/T[\d:.]+$/.test(text) ? `${text}Z` : text);
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
