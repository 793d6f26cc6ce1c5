import { z } from 'zod';
import type { Finding } from './report.ts';

/** The file that lets an old repository adopt the gates: what stood in it when it did. */
export const BASELINE = 'trunkline-baseline.json';

const schema = z.strictObject({
  version: z.literal(1),
  /** By row, such as `build.sast`. Rule and file are for people; the fingerprint decides. */
  findings: z.record(z.string(), z.array(z.strictObject({ fingerprint: z.string().regex(/^[0-9a-f]{32}$/), rule: z.string(), file: z.string().optional() }))),
});

export type Baseline = z.infer<typeof schema>;

/** @throws {SyntaxError} and {z.ZodError} where the text is no baseline. */
export function parseBaseline(text: string): Baseline {
  return schema.parse(JSON.parse(text));
}

type Entry = Baseline['findings'][string][number];

/** What a row of the specification has in the baseline, and what is found there now. */
export interface RowRevision {
  readonly row: string;
  /** In the baseline before, and still found. */
  readonly stays: readonly Entry[];
  /** Found now, and not in the baseline. */
  readonly fresh: readonly Entry[];
  /** In the baseline, and no longer found. */
  readonly gone: readonly Entry[];
}

/** Compares a baseline with what was found, by row. A row that was not looked at says nothing, and has no revision. */
export function compareBaseline(before: Baseline | undefined, found: ReadonlyMap<string, readonly Finding[]>): readonly RowRevision[] {
  return [...found].sort(([a], [b]) => a.localeCompare(b, 'en')).map(([row, findings]) => {
    const known = before?.findings[row] ?? [];
    const now = unique(findings.filter(({ standing }) => standing !== 'suppressed').map(({ fingerprint, rule, file }): Entry => ({ fingerprint, rule, ...(file === undefined ? {} : { file }) })));
    const [was, is] = [fingerprints(known), fingerprints(now)];
    return { row, stays: now.filter((each) => was.has(each.fingerprint)), fresh: now.filter((each) => !was.has(each.fingerprint)), gone: known.filter((each) => !is.has(each.fingerprint)) };
  });
}

/** Whether a fresh finding may be forgiven. */
export type MayTake = (row: string, entry: Entry) => boolean;

/**
 * The baseline after a revision: what is gone is forgotten, what stays is forgiven on, and what is fresh is forgiven
 * where it may be. Rows that were not looked at stay as they were.
 */
export function reviseBaseline(before: Baseline | undefined, revisions: readonly RowRevision[], mayTake: MayTake): Baseline {
  const rows = new Map(Object.entries(before?.findings ?? {}));
  for (const { row, stays, fresh } of revisions) rows.set(row, [...stays, ...fresh.filter((entry) => mayTake(row, entry))].sort(byPlace));
  return { version: 1, findings: Object.fromEntries([...rows].filter(([, all]) => all.length > 0).sort(([a], [b]) => a.localeCompare(b, 'en'))) };
}

function fingerprints(entries: readonly Entry[]): ReadonlySet<string> {
  return new Set(entries.map(({ fingerprint }) => fingerprint));
}

function unique(entries: readonly Entry[]): readonly Entry[] {
  return [...new Map(entries.map((each) => [each.fingerprint, each])).values()];
}

function byPlace(a: Entry, b: Entry): number {
  return (a.file ?? '').localeCompare(b.file ?? '', 'en') || a.rule.localeCompare(b.rule, 'en') || a.fingerprint.localeCompare(b.fingerprint, 'en');
}
