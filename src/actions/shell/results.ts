import { TrunklineError, errorRecord, type ErrorRecord } from '../../foundation/errors.ts';
import type { TestReport } from '../../reports/report.ts';
import type { ActionContext } from '../action.ts';
import { testsIn } from '../reading.ts';

/** A report that was promised, or why there is none. */
export interface Reading<Value> { readonly value?: Value; readonly fault?: ErrorRecord }

/** A report that is missing or cannot be read is an outcome of the command; anything else that is thrown stays thrown. */
export async function orFault<Value>(read: () => Promise<Value>): Promise<Reading<Value>> {
  try {
    return { value: await read() };
  } catch (thrown) {
    if (thrown instanceof TrunklineError) return { fault: errorRecord(thrown) };
    throw thrown;
  }
}

export async function readTests(junit: string, context: ActionContext): Promise<TestReport> {
  const report = await testsIn(junit, context.action, context);
  await context.report(report);
  return report;
}
