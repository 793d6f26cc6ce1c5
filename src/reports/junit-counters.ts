/** How many tests a suite counts in its attributes, or lists below it. */
interface Counts { tests: number; failing: number; skipped: number }

interface OpenSuite {
  readonly declared: { readonly tests?: number; readonly failing?: number };
  /** Of its own. */
  readonly own: Counts;
  /** With those of the suites in it. */
  readonly all: Counts;
}

type Attributes = { readonly [name: string]: string };

/** What a suite counts and does not list, or lists and does not count. */
export interface Disagreement {
  /** How many failures are counted and not listed. */
  readonly failures: number;
  readonly detail: string;
}

/**
 * Holds the counters of suites against what they list. Tools differ in whether a suite counts the tests of those in it
 * and those that were skipped: any of these is taken.
 */
export class JUnitCounters {
  readonly #open: OpenSuite[] = [];

  open({ tests, failures, errors }: Attributes): void {
    this.#open.push({
      declared: { ...numberIn('tests', tests), ...numberIn('failing', failingOf(failures, errors)) },
      own: { tests: 0, failing: 0, skipped: 0 }, all: { tests: 0, failing: 0, skipped: 0 },
    });
  }

  /**
   * A test of the innermost suite.
   * @param isFailing whether it says that it failed, also where that is expected of it
   * @param isItself whether it stands for the suite, which some tools count as a test and others don't
   */
  listed(isFailing: boolean, isSkipped: boolean, isItself: boolean): void {
    const suite = this.#open.at(-1);
    for (const counts of suite ? [suite.own, suite.all] : []) {
      if (!isItself || counts === suite?.all) counts.tests += 1;
      if (isFailing) counts.failing += 1;
      if (isSkipped) counts.skipped += 1;
    }
  }

  /** Ends the innermost suite. @returns what is wrong with its counters; told once, and not of the suites around it again */
  close(): Disagreement | undefined {
    const suite = this.#open.pop();
    if (!suite) return undefined;
    const wrong = disagreement(suite);
    const around = this.#open.at(-1)?.all;
    if (around) {
      around.tests += Math.max(suite.all.tests, suite.declared.tests ?? 0);
      around.failing += Math.max(suite.all.failing, suite.declared.failing ?? 0);
      around.skipped += suite.all.skipped;
    }
    return wrong;
  }
}

function disagreement({ declared: { tests, failing }, own, all }: OpenSuite): Disagreement | undefined {
  if (failing !== undefined && failing > all.failing) {
    const lists = all.failing === 0 ? 'lists none' : `lists ${all.failing}`;
    return { failures: failing - all.failing, detail: `the report counts ${failing} failures and ${lists}` };
  }
  if (tests === undefined || (tests <= all.tests && tests >= own.tests - own.skipped)) return undefined;
  return { failures: 1, detail: `the report counts ${tests} tests and lists ${tests > all.tests ? all.tests : own.tests}` };
}

/** Mocha counts each failure as an error too; others count the two apart. */
function failingOf(failures: string | undefined, errors: string | undefined): string | undefined {
  const [failed, broken] = [failures, errors].map((text) => Number(text ?? '0')) as [number, number];
  if (failures === undefined && errors === undefined) return undefined;
  return String(failed === broken ? failed : failed + broken);
}

function numberIn<Name extends string>(name: Name, text: string | undefined): { readonly [key in Name]?: number } {
  const value = Number(text);
  return (text !== undefined && text.trim() !== '' && Number.isSafeInteger(value) && value >= 0 ? { [name]: value } : {}) as { [key in Name]?: number };
}
