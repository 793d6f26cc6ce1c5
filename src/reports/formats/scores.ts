import type { Severity } from '../names.ts';

/** Of a CVSS score from 0 to 10, by its own scale; undefined where there is none. */
export function severityOfScore(score: number): Severity | undefined {
  if (!(score >= 0 && score <= 10)) return undefined;
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'info';
}

const WORDS: { readonly [word: string]: Severity } = { critical: 'critical', high: 'high', medium: 'medium', moderate: 'medium', low: 'low', info: 'info', informational: 'info', negligible: 'info', none: 'info' };

/** What advisories are graded with, in whatever case. What nobody has graded yet may be anything: it is `medium`. */
export function severityOfWord(word: string | null | undefined): Severity {
  return WORDS[(word ?? '').toLowerCase()] ?? 'medium';
}
