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

/** What is to be forgiven from now on: all that counts now, and all that was forgiven before and is still there. */
export function baselineOf(rows: ReadonlyMap<string, readonly Finding[]>): Baseline {
  const findings = [...rows].map(([row, all]) => [row, all.filter(({ standing }) => standing !== 'suppressed').map(({ fingerprint, rule, file }) => ({ fingerprint, rule, ...(file === undefined ? {} : { file }) }))
    .sort((a, b) => (a.file ?? '').localeCompare(b.file ?? '', 'en') || a.rule.localeCompare(b.rule, 'en') || a.fingerprint.localeCompare(b.fingerprint, 'en'))] as const);
  return { version: 1, findings: Object.fromEntries(findings.filter(([, all]) => all.length > 0).sort(([a], [b]) => a.localeCompare(b, 'en'))) };
}
