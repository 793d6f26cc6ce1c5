import { TrunklineError } from '../../foundation/errors.ts';
import type { ActionKind } from '../action.ts';
import { addressOf, regionsOf } from '../served.ts';
import { missingFor } from '../shell/needs.ts';
import { runSuite, suiteInput, type Suite } from '../suite.ts';
import { findBrowser, type Browser } from './browser.ts';

/**
 * Walks a few workflows of a user through the user interface, with a real browser, in the first region: what they are
 * for is the same in every region, and what may differ there the integration tests have seen.
 */
export const playwright: ActionKind<Suite> = {
  kind: 'playwright',
  input: suiteInput,
  checkout: true,

  async missing(suite, context) {
    try {
      await findBrowser();
      return await missingFor(suite, context);
    } catch (error) {
      if (!(error instanceof TrunklineError)) throw error;
      return [`${error.record.message}; ${error.record.hint}`, ...await missingFor(suite, context)];
    }
  },

  async run(suite, context) {
    const [region] = regionsOf(context);
    const browser = await findBrowser();
    context.log(`browser: ${browser.executable}`);
    const { report, error } = await runSuite(suite, 'acceptance tests', { ...await addressOf(region, context), ...variablesOf(browser) }, context);
    const counts = report ? { passed: report.passed, failed: report.failed, skipped: report.skipped } : {};
    return error ? { passed: false, error, output: { region, ...counts } } : { passed: true, output: { region, ...counts } };
  },
};

/** How the tests are told which browser to start: `launch({ executablePath, env: { ...process.env, LD_LIBRARY_PATH } })`. */
function variablesOf({ executable, libraryPath, fonts }: Browser): { readonly [name: string]: string } {
  return {
    BROWSER_EXECUTABLE: executable,
    BROWSER_LD_LIBRARY_PATH: libraryPath ?? '',
    ...(fonts === undefined ? {} : { FONTCONFIG_FILE: fonts }),
  };
}
