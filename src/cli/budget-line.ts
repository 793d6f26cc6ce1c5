import { formatDuration } from '../foundation/units.ts';
import type { EventOf } from '../journal/events.ts';

/** What a warning about time says, in one line: how much is used, and what to do. */
export function budgetLine({ stage, of, isPast, budgetMs, spentMs, advice, error }: EventOf<'budget-warned'>): string {
  const what = of === 'stage' ? `${stage}'s budget of ${formatDuration(budgetMs)}` : `the ${formatDuration(budgetMs)} from the push to production`;
  const used = isPast ? `is PAST ${what}` : `has used ${Math.round((spentMs / budgetMs) * 100)} % of ${what}`;
  return `${used}${error ? ', and ends of it' : ''}: ${advice}`;
}

/** The chain that the time went to. */
export function pathText(path: EventOf<'budget-warned'>['path']): string {
  return path.filter(({ ms }) => ms > 0).map(({ stage, action, ms, cached }) => `${stage}.${action} ${formatDuration(ms)}${cached ? ' (cached)' : ''}`).join(' → ');
}
