import { createHash } from 'node:crypto';
import { severities, type Limits, type Severity } from './names.ts';
import type { Finding, Found, Suppression } from './report.ts';
import { remarkIn } from './suppression.ts';

/** All that decides what a finding is worth, beside the finding itself. */
export interface Standards {
  readonly limits: Limits;
  /** Fingerprints that were there when the gate was adopted. */
  readonly baseline: ReadonlySet<string>;
  /** Lines of a file of the commit; undefined where there is no such text file. */
  readonly linesOf: (file: string) => readonly string[] | undefined;
  /** Suppressions that stand in the configuration, by rule: for findings that have no line to stand beside. */
  readonly ignored: ReadonlyMap<string, Suppression>;
  /** `YYYY-MM-DD`, in UTC. */
  readonly today: string;
}

export interface Verdict {
  /** Those that count first, the worst first. */
  readonly findings: readonly Finding[];
  readonly counts: { readonly [severity in Severity]: number };
  /** Severities of which there are more than allowed. */
  readonly over: readonly { readonly severity: Severity; readonly count: number; readonly limit: number }[];
}

/** How many findings of each severity there were beside those that are listed. */
export type Unlisted = { readonly [severity in Severity]?: number };

/**
 * Says what each finding is worth, and which limits are broken. Nothing is dropped: what is forgiven is shown as
 * forgiven, and what is not listed counts.
 */
export function judge(found: readonly Found[], standards: Standards, unlisted: Unlisted = {}): Verdict {
  const seen = new Map<string, number>();
  const findings = found.map((each) => {
    const basis = basisOf(each, standards);
    const occurrence = seen.get(basis) ?? 0;
    seen.set(basis, occurrence + 1);
    return standingOf(each, hash(`${basis}\n${occurrence}`), standards);
  }).sort(byWeight);
  const counts = Object.fromEntries(severities.map((severity) => [severity, (unlisted[severity] ?? 0) + findings.filter((each) => each.standing === 'counts' && each.severity === severity).length])) as Verdict['counts'];
  const over = severities.flatMap((severity) => {
    const limit = standards.limits[severity];
    return limit !== undefined && counts[severity] > limit ? [{ severity, count: counts[severity], limit }] : [];
  });
  return { findings, counts, over };
}

/** What a tool itself has forgiven has no last day. */
const NO_LAST_DAY = '9999-12-31';

function standingOf(each: Found, fingerprint: string, { baseline, ignored, linesOf, today }: Standards): Finding {
  const { identity: _identity, mark: _mark, id, suppressed, ...found } = each;
  const finding = { ...found, fingerprint };
  if (suppressed) return { ...finding, standing: 'suppressed', suppression: { ...suppressed, until: NO_LAST_DAY } };
  const byConfiguration = ignored.get(id ?? found.rule);
  const remark = byConfiguration ? { suppression: byConfiguration } : remarkOn(each, linesOf);
  if (remark && 'fault' in remark) return { ...finding, standing: 'counts', note: remark.fault };
  const suppression = remark?.suppression;
  if (suppression && today <= suppression.until) return { ...finding, standing: 'suppressed', suppression };
  if (suppression) return { ...finding, standing: 'counts', note: `its suppression at ${suppression.where} expired on ${suppression.until}: ${suppression.reason}` };
  return { ...finding, standing: baseline.has(fingerprint) ? 'known' : 'counts' };
}

/** Nothing but the marks of a comment before it. */
const ALONE = /^[^\p{L}\p{N}"'`]*trunkline-ignore/u;

/** On the line itself, or alone on the line above. Where a finding bears a mark, only a remark that names the mark is meant for it. */
function remarkOn({ rule, mark, file, line }: Found, linesOf: Standards['linesOf']): { readonly suppression: Suppression } | { readonly fault: string } | undefined {
  if (file === undefined || line === undefined) return undefined;
  const lines = linesOf(file) ?? [];
  for (const at of [line, line - 1]) {
    const text = lines[at - 1] ?? '';
    if (at !== line && !ALONE.test(text)) continue;
    const remark = remarkIn(text, `${file}:${at}`);
    if (!remark) continue;
    const name = mark === undefined ? rule : `${rule}#${mark}`;
    const isNamed = remark.rules.includes(name);
    if (!isNamed && remark.rules.length > 0 && !remark.rules.includes(rule)) continue;
    if ('fault' in remark) return { fault: remark.fault };
    if (isNamed || mark === undefined) return { suppression: remark.suppression };
    return { fault: `the remark at ${file}:${at} would forgive whatever is put there next: name this one, "trunkline-ignore ${name} until YYYY-MM-DD: why"` };
  }
  return undefined;
}

/** What stays when lines above are added or taken away. */
function basisOf({ rule, file = '', line, message, identity }: Found, { linesOf }: Standards): string {
  if (identity !== undefined) return `${rule}\n${file}\n${identity}`;
  const text = line === undefined ? undefined : linesOf(file)?.[line - 1]?.replace(/\s+/g, ' ').trim();
  return `${rule}\n${file}\n${text ?? message}`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

const STANDINGS: readonly Finding['standing'][] = ['counts', 'known', 'suppressed'];

function byWeight(a: Finding, b: Finding): number {
  return STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing) || severities.indexOf(a.severity) - severities.indexOf(b.severity)
    || (a.file ?? '').localeCompare(b.file ?? '', 'en') || (a.line ?? 0) - (b.line ?? 0) || a.rule.localeCompare(b.rule, 'en');
}
