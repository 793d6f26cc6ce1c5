import { globMatcher } from '../foundation/glob.ts';
import { mentionsIn } from './mentions.ts';
import type { Paths } from './resolving.ts';

/** Tests that a change concerns, sorted. */
export interface Concerned {
  readonly tests: readonly string[];
  /** How many tests there are. */
  readonly of: number;
  /** Why it is all of them. */
  readonly all?: string;
}

export interface Change {
  /** Every file that will be there. */
  readonly files: readonly string[];
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
  /** Globs of unit tests; by default what is named like one. */
  readonly tests: readonly string[] | undefined;
}

const SOURCE = /\.[cm]?[jt]sx?$/;
const NAMED_TEST = /(^|\/)([^/]+\.(test|spec)\.[cm]?[jt]sx?|test_[^/]*\.py|[^/]+_test\.(py|go|rb))$/;
/** Tests of these need a running application. */
const NO_UNIT = /(^|\/)(acceptance|e2e|integration|features|node_modules|vendor)\//;
/** What decides how all tests are built and run; nothing imports it. */
const GENERAL = /(^|\/)(package\.json|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|pnpm-workspace\.yaml|\.npmrc|\.nvmrc|\.node-version|\.(babel|swc|moch?a)rc[^/]*|[tj]sconfig[^/]*\.json|(?!trunkline\.)[^/]+\.config\.[cm]?[jt]s|pyproject\.toml|requirements[^/]*\.txt|conftest\.py|setup\.(py|cfg)|go\.(mod|sum)|Gemfile(\.lock)?)$/;

export function testsAmong(files: readonly string[], globs: readonly string[] | undefined): readonly string[] {
  const isMeant = globs && globMatcher(globs);
  return files.filter((file) => (isMeant ? isMeant(file) : NAMED_TEST.test(file) && !NO_UNIT.test(file)));
}

/**
 * The tests that reach a changed file by what they import and name, and what that imports and names. A test whose ways
 * can't be told is concerned by every change.
 * @param read the text of a file; undefined where it is none to be read.
 */
export async function concernedBy({ files, changed, deleted, tests: globs }: Change, paths: Paths, read: (path: string) => Promise<string | undefined>): Promise<Concerned> {
  const tests = testsAmong(files, globs);
  const general = [...changed, ...deleted].find((file) => GENERAL.test(file));
  if (general !== undefined) return { tests, of: tests.length, all: `${general} changed, which may concern every test` };
  const goal = new Set([...changed, ...deleted]);
  const ways = new Map<string, Promise<readonly string[] | 'everything'>>();
  const waysFrom = (file: string): Promise<readonly string[] | 'everything'> => {
    const known = ways.get(file) ?? leadsTo(file, paths, read);
    ways.set(file, known);
    return known;
  };
  const concerned = await Promise.all(tests.map(async (test) => (await reaches(test, goal, waysFrom) ? [test] : [])));
  return { tests: concerned.flat(), of: tests.length };
}

async function leadsTo(file: string, paths: Paths, read: (path: string) => Promise<string | undefined>): Promise<readonly string[] | 'everything'> {
  if (!SOURCE.test(file)) return [];
  const { imports, texts } = mentionsIn(await read(file) ?? '');
  const imported = imports.map((name) => paths.imported(file, name));
  if (imported.includes('everything')) return 'everything';
  return [...new Set([...(imported as (readonly string[])[]).flat(), ...texts.flatMap((text) => paths.named(file, text))])];
}

/** Files of code, with all that they lead to: what an analysis needs to follow them. */
export async function reachedFrom(files: readonly string[], paths: Paths, read: (path: string) => Promise<string | undefined>): Promise<readonly string[]> {
  const seen = new Set(files);
  for (let front = files; front.length > 0;) {
    const next = await Promise.all(front.map(async (file) => leadsTo(file, paths, read)));
    front = [...new Set(next.flatMap((ways) => (ways === 'everything' ? [] : ways)))].filter((file) => !seen.has(file) && isCode(file));
    for (const file of front) seen.add(file);
  }
  return [...seen];
}

/** Code whose imports are read, and what names its packages. */
export function isCode(file: string): boolean {
  return SOURCE.test(file) || /(^|\/)package\.json$/.test(file);
}

async function reaches(test: string, goal: ReadonlySet<string>, waysFrom: (file: string) => Promise<readonly string[] | 'everything'>): Promise<boolean> {
  if (!SOURCE.test(test)) return true;
  const seen = new Set([test]);
  let front: readonly string[] = [test];
  while (front.length > 0) {
    if (front.some((file) => goal.has(file))) return true;
    const next = await Promise.all(front.map(waysFrom));
    if (next.includes('everything')) return true;
    front = [...new Set((next as (readonly string[])[]).flat())].filter((file) => !seen.has(file));
    for (const file of front) seen.add(file);
  }
  return false;
}
