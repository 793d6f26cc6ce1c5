import type { ErrorRecord } from '../../foundation/errors.ts';
import type { ActionKind } from '../action.ts';
import { addressOf, regionsOf } from '../served.ts';
import { missingFor } from '../shell/needs.ts';
import { runSuite, suiteInput, type Suite } from '../suite.ts';

/**
 * Verifies the business requirements against the running application, in every region: each has its own instances and
 * its own data. All regions are tested, also when one has failed, so that one run tells everything.
 */
export const cucumber: ActionKind<Suite> = {
  kind: 'cucumber',
  input: suiteInput,
  checkout: true,
  missing: missingFor,

  async run(suite, context) {
    const counts: { [region: string]: { passed: number; failed: number; skipped: number } } = {};
    const errors: ErrorRecord[] = [];
    // In turn: they share the checkout and the place of the report.
    for (const region of regionsOf(context)) {
      const { report, error } = await runSuite(suite, `integration tests in ${region}`, await addressOf(region, context), context);
      if (report) counts[region] = { passed: report.passed, failed: report.failed, skipped: report.skipped };
      if (error) errors.push({ ...error, message: `${region}: ${error.message}` });
    }
    const [first] = errors;
    if (!first) return { passed: true, output: { regions: counts } };
    return { passed: false, error: { ...first, message: errors.map(({ message }) => message).join('; ') }, output: { regions: counts } };
  },
};
