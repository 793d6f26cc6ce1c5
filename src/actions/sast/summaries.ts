import { emptySummary, type Callable, type Summary } from './callable.ts';
import { analyse } from './functions.ts';
import type { Flow } from './program.ts';

/** What is known of a function: looked at now, unless it has been in this round or is just being looked at. */
export function summaryOf(callable: Callable, flow: Flow): Summary {
  if (callable.isUnderWay) return callable.previous ?? callable.summary ?? emptySummary();
  if (callable.round !== flow.program.round) analyse(callable, callable.scope, { program: flow.program, self: callable.self });
  return callable.summary ?? emptySummary();
}
