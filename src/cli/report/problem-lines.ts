import { placeOf, problemsIn, type Problem } from '../../reports/problems.ts';
import type { Report } from '../../reports/report.ts';
import { paint, text, type Colour, type Shown } from '../text.ts';

const LONGEST = 300;

/**
 * The first problems of an action as lines: `src/db.ts:12 high sql-injection: what`, then why, and how to fix it.
 * Editors read the first form, so it is documented and stays.
 */
export function problemLines(reports: readonly Report[], most: number): readonly Shown[] {
  const problems = problemsIn(reports);
  const left = problems.length - most;
  return [...problems.slice(0, most).flatMap((problem) => linesOf(problem)), ...(left > 0 ? [paint('dim', `and ${left.toLocaleString('en')} more`)] : [])];
}

export function colourOf(sort: Problem['sort']): Colour {
  if (sort === 'critical' || sort === 'high' || sort === 'failed') return 'red';
  return sort === 'medium' || sort === 'uncovered' ? 'yellow' : 'dim';
}

function linesOf(problem: Problem): readonly Shown[] {
  const { sort, rule, why, fix } = problem;
  // Of a test it is the first line that says what was expected; the trace is for the whole report.
  const message = sort === 'failed' ? problem.message.trim().split('\n', 1)[0] ?? '' : problem.message;
  return [
    text`${placeOf(problem)} ${paint(colourOf(sort), sort)} ${clipped(rule)}${message.trim() === '' ? '' : `: ${clipped(message)}`}`,
    ...(why === undefined ? [] : [paint('dim', `  why: ${clipped(why)}`)]),
    ...(fix === undefined ? [] : [`  fix: ${clipped(fix)}`]),
  ];
}

function clipped(text: string): string {
  const line = text.trim().slice(0, 4 * LONGEST);
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1).toWellFormed()}…` : line;
}
