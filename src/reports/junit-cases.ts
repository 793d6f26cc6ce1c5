import type { Millis } from '../foundation/units.ts';
import { JUnitCounters } from './junit-counters.ts';
import type { TestCase, TestReport } from './report.ts';
import type { XmlReader } from './xml.ts';

export const MOST_CASES = 10_000;
const LONGEST_NAME = 1_000;
const LONGEST_DETAIL = 4_000;
/** So many failures are told at length, the others in a few words: a run that breaks everything must fit in memory. */
const DETAILED = 100;
const SHORT_DETAIL = 300;

interface OpenCase {
  readonly suite: string;
  readonly name: string;
  readonly duration: Millis;
  readonly file: string | undefined;
  readonly line: number | undefined;
  /** Stands for a suite that failed outside of its cases, and so ends with its failure. */
  readonly itself: boolean;
  failed: boolean;
  skipped: boolean;
  todo: boolean;
  detail: string;
}

type Attributes = { readonly [name: string]: string };

/**
 * Reads the dialects of JUnit XML that tools write: suites in suites or none, `time` with or without, failures by
 * message or by text. What it does not know it passes over.
 */
export class JUnitCases implements XmlReader {
  readonly #suites: string[] = [];
  readonly #open: OpenCase[] = [];
  readonly #failed: TestCase[] = [];
  readonly #others: TestCase[] = [];
  readonly #count = { passed: 0, failed: 0, skipped: 0 };
  #elements = 0;
  #root: string | undefined;
  #time = 0;
  #declaredTime: Millis | undefined;
  readonly #counters = new JUnitCounters();
  #inDetail = 0;

  open(name: string, given: Attributes): void {
    this.#elements += 1;
    if (this.#elements === 1) this.#begin(name, given);
    const current = this.#open.at(-1);
    if (this.#inDetail > 0) {
      this.#inDetail += 1;
    } else if (name === 'testsuite') {
      this.#suites.push(given['name'] ?? '');
      this.#counters.open(given);
    } else if (name === 'testcase') {
      this.#open.push(this.#caseOf(given));
    } else if (name === 'failure' || name === 'error') {
      const failing = current ?? this.#suiteAsCase();
      failing.failed = true;
      failing.detail = join(failing.detail, given['message'] ?? '');
      this.#inDetail = 1;
    } else if (name === 'skipped' && current) {
      current.skipped = true;
      current.todo ||= given['type'] === 'todo';
    }
  }

  close(name: string): void {
    if (this.#inDetail > 0) {
      this.#inDetail -= 1;
      if (this.#inDetail === 0 && this.#open.at(-1)?.itself) this.#finish();
    } else if (name === 'testcase') {
      this.#finish();
    } else if (name === 'testsuite' || name === 'testsuites') {
      this.#compare();
      if (name === 'testsuite') this.#suites.pop();
    }
  }

  /** A report whose counters are not those of what it lists has lost something, and nobody knows what. */
  #compare(): void {
    const wrong = this.#counters.close();
    if (!wrong) return;
    const suite = shortened(this.#suites.filter((each) => each !== '').join(' > '), LONGEST_NAME);
    this.#count.failed += wrong.failures;
    this.#failed.push({ suite, name: 'what the report does not list', outcome: 'failed', duration: 0, detail: wrong.detail });
  }

  text(piece: string): void {
    const current = this.#open.at(-1);
    if (this.#inDetail > 0 && current) current.detail = join(current.detail, piece);
  }

  /** Undefined when the document was something else. */
  report(name: string): TestReport | undefined {
    if (this.#root !== 'testsuites' && this.#root !== 'testsuite') return undefined;
    return {
      type: 'tests', name, ...this.#count, duration: this.#declaredTime ?? this.#time,
      cases: [...this.#failed, ...this.#others].slice(0, MOST_CASES),
    };
  }

  #begin(name: string, given: Attributes): void {
    this.#root = name;
    if (given['time'] !== undefined) this.#declaredTime = seconds(given['time']);
    if (name === 'testsuites') this.#counters.open(given);
  }

  #caseOf(given: Attributes): OpenCase {
    const name = shortened(given['name'] ?? '(no name)', LONGEST_NAME);
    const suites = this.#suites.filter((suite) => suite !== '').join(' > ');
    const className = given['classname'] ?? '';
    // node:test writes "test" where there is no suite; Jest repeats the name.
    const suite = className === '' || className === 'test' || className === given['name'] ? suites : className;
    const line = Number(given['line'] ?? given['lineno']);
    const standing = standingOf(given);
    return {
      suite: shortened(suite, LONGEST_NAME), name, duration: seconds(given['time']),
      file: given['file'] === undefined ? undefined : shortened(given['file'], LONGEST_NAME),
      line: Number.isInteger(line) && line > 0 ? line : undefined,
      itself: false, failed: standing.failed !== undefined, skipped: standing.skipped, todo: false, detail: standing.failed ?? '',
    };
  }

  #suiteAsCase(): OpenCase {
    const made: OpenCase = { suite: shortened(this.#suites.join(' > '), LONGEST_NAME), name: '(the suite itself)', duration: 0, file: undefined, line: undefined, itself: true, failed: true, skipped: false, todo: false, detail: '' };
    this.#open.push(made);
    return made;
  }

  #finish(): void {
    const { suite, name, duration, file, line, itself, failed, skipped, todo, detail } = this.#open.pop()!;
    this.#counters.listed(failed, skipped, itself);
    // A test that is still to be done is expected to fail.
    const outcome = failed && !todo ? 'failed' : skipped || todo ? 'skipped' : 'passed';
    this.#count[outcome] += 1;
    this.#time += duration;
    const kept = outcome === 'failed' ? this.#failed : this.#others;
    if (kept.length >= MOST_CASES) return;
    const place = outcome === 'failed' ? placeOf(detail, file, line) : { file, line };
    const said = shortened(detail.trim(), this.#failed.length < DETAILED ? LONGEST_DETAIL : SHORT_DETAIL);
    kept.push({
      suite, name, outcome, duration,
      ...(outcome === 'failed' && said !== '' ? { detail: said } : {}),
      ...(place.file === undefined ? {} : { file: place.file }),
      ...(place.line === undefined ? {} : { line: place.line }),
    });
  }
}

/** What most tools write into a trace: `file.ext:12` or `file.ext:12:34`, perhaps as a URL. */
const PLACE = /(?:file:\/\/)?((?:[A-Za-z]:)?[^\s()<>:"'`]+\.[A-Za-z]{1,5}):(\d{1,7})(?::\d+)?/g;

/** Where it failed: what the case says, else the first line of the trace in the case's file, or in any of the project's. */
function placeOf(detail: string, file: string | undefined, line: number | undefined): { file: string | undefined; line: number | undefined } {
  if (line !== undefined) return { file, line };
  const places = [...detail.matchAll(PLACE)].map(([, path, at]) => ({ file: path!, line: Number(at) })).filter((place) => !/node_modules|\/site-packages\//.test(place.file));
  if (file === undefined) return places[0] ?? { file, line };
  return { file, line: places.find((place) => place.file.endsWith(file) || file.endsWith(place.file))?.line };
}

function join(before: string, more: string): string {
  if (before.length >= LONGEST_DETAIL) return before;
  const sameAgain = before !== '' && more.trimStart().startsWith(before);
  return (sameAgain ? more.trimStart() : before !== '' && !before.endsWith('\n') && !/^\s*\n/.test(more) ? `${before}\n${more}` : before + more).slice(0, LONGEST_DETAIL + 1);
}

function shortened(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).toWellFormed()}…`;
}

/** What tools write as the state of a case, beside the elements that say so: GoogleTest, CTest, Ginkgo, Maestro and others. */
const STANDINGS: ReadonlyMap<string, 'passed' | 'skipped' | 'failed'> = new Map([
  ...['', 'run', 'completed', 'executed', 'passed', 'pass', 'ok', 'success', 'successful', 'succeeded', 'flaky', 'warning', 'xpassed', 'true'].map((word) => [word, 'passed'] as const),
  ...['skipped', 'skip', 'disabled', 'notrun', 'not run', 'not_run', 'suppressed', 'ignored', 'ignore', 'pending', 'todo', 'notexecuted', 'inconclusive', 'xfailed', 'filtered', 'excluded'].map((word) => [word, 'skipped'] as const),
  ...['failed', 'fail', 'failure', 'error', 'errored', 'broken', 'timeout', 'timedout', 'timed out', 'aborted', 'interrupted', 'panicked', 'cancelled', 'canceled', 'crashed', 'false'].map((word) => [word, 'failed'] as const),
]);

/** The worst of what its attributes say. A word that nobody knows is no success. */
function standingOf({ status, result }: Attributes): { readonly failed?: string; readonly skipped: boolean } {
  const words = [['status', status], ['result', result]].flatMap(([name, word]) => (word === undefined ? [] : [[name, word] as const]));
  const bad = words.find(([, word]) => !['passed', 'skipped'].includes(STANDINGS.get(word!.trim().toLowerCase()) ?? ''));
  if (bad) {
    const [name, word = ''] = bad;
    const isKnown = STANDINGS.has(word.trim().toLowerCase());
    return { failed: `its ${name} is ${JSON.stringify(word.slice(0, 40))}${isKnown ? '' : ', which is neither a success nor anything else that is known here'}`, skipped: false };
  }
  return { skipped: words.some(([, word]) => STANDINGS.get(word!.trim().toLowerCase()) === 'skipped') };
}

/**
 * Seconds as they are written: `0.012`, `1,234.5`, and `0,012` or `1.234,5` where the comma is the mark of decimals. Of
 * the two marks the last one is; a comma alone is one unless it stands there twice.
 */
function seconds(text: string | undefined): Millis {
  const written = (text ?? '0').trim().replaceAll(/[\s_']/g, '');
  const isDecimalComma = written.lastIndexOf(',') > written.lastIndexOf('.') && written.indexOf(',') === written.lastIndexOf(',');
  const value = Number(isDecimalComma ? written.replaceAll('.', '').replace(',', '.') : written.replaceAll(',', ''));
  return Number.isFinite(value) && value > 0 ? Math.round(value * 1_000_000) / 1_000 : 0;
}
