import type { Severity } from '../names.ts';

/** Of a CVSS score from 0 to 10, by its own scale; undefined where there is none. */
export function severityOfScore(score: number): Severity | undefined {
  if (!(score >= 0 && score <= 10)) return undefined;
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'info';
}

const WORDS: ReadonlyMap<string, Severity> = new Map([
  ['critical', 'critical'], ['blocker', 'critical'], ['high', 'high'], ['important', 'high'], ['major', 'high'],
  ['medium', 'medium'], ['moderate', 'medium'], ['low', 'low'], ['minor', 'low'],
  ['info', 'info'], ['informational', 'info'], ['negligible', 'info'], ['none', 'info'],
  // What nobody has graded yet may be anything.
  ['', 'medium'], ['unknown', 'medium'], ['untriaged', 'medium'], ['undefined', 'medium'],
]);

/** What advisories are graded with, in whatever case. A word that is not known here may mean the worst: it is `high`. */
export function severityOfWord(word: string | null | undefined): Severity {
  return WORDS.get((word ?? '').trim().toLowerCase()) ?? 'high';
}
