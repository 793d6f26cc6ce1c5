import type { Suppression } from './report.ts';

/** What a line says of the findings on it, or on the line below. */
export type Remark =
  | { readonly rules: readonly string[]; readonly suppression: Suppression }
  | { readonly rules: readonly string[]; readonly fault: string };

const FORM = 'write "trunkline-ignore RULE until YYYY-MM-DD: why"';
const WORD = 'trunkline-ignore';

/**
 * Reads the remark in a line of source code, in whatever sort of comment of whatever language it stands:
 * `trunkline-ignore RULE[, RULE] until YYYY-MM-DD: why`.
 * @param where the line is, for people.
 */
export function remarkIn(line: string, where: string): Remark | undefined {
  const start = line.indexOf(WORD);
  if (start < 0) return undefined;
  const text = line.slice(start + WORD.length).replace(/(\*\/|-->|\*\}|%>)\s*$/, '').trim();
  const read = /^(?<rules>[^:]+?)\s+until\s+(?<until>\S+?)\s*:\s*(?<reason>\S.*)$/.exec(text);
  const rules = (read?.groups?.['rules'] ?? text.split(/\s+until\b|:/)[0] ?? '').split(',').map((rule) => rule.trim()).filter((rule) => rule !== '');
  if (!read?.groups) return { rules, fault: `the remark at ${where} says no day or no reason; ${FORM}` };
  const { until = '', reason = '' } = read.groups;
  if (!isDay(until)) return { rules, fault: `the remark at ${where} has no such day as ${JSON.stringify(until)}; ${FORM}` };
  return { rules, suppression: { reason, until, where } };
}

export function isDay(text: string): boolean {
  const read = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
  return read !== undefined && !Number.isNaN(read.getTime()) && read.toISOString().startsWith(text);
}
