import { TrunklineError } from '../foundation/errors.ts';
import { Folder } from '../foundation/folder.ts';
import { readCobertura } from './coverage/cobertura.ts';
import { readLcov } from './coverage/lcov.ts';
import { CoveredLines, type FileOf } from './covered-lines.ts';
import { readDocuments, rootsOf } from './document.ts';
import { pathBelow } from './found.ts';
import type { CoverageReport } from './report.ts';

export interface CoverageRead {
  readonly report: CoverageReport;
  /** Paths of which the checkout has no file; at most 20. What they say does not count. */
  readonly elsewhere: readonly string[];
  /** Files that the commit changed, of the sort of those that were measured, of which the reports say nothing. */
  readonly unmeasured: readonly string[];
}

const MOST_NAMED = 20;

/**
 * Reads all files of lcov or Cobertura below `root` that a pattern means, as one report.
 * @param changed lines of the commit, by file.
 * @throws {TrunklineError} `COVERAGE_MISSING`; `REPORT_INVALID`, naming file and place; `COVERAGE_EMPTY` where no line of the checkout is spoken of.
 */
export async function readCoverage(root: string, pattern: string, name: string, changed?: CoverageChanges): Promise<CoverageRead> {
  const covered = new CoveredLines();
  const elsewhere = new Set<string>();
  await using folder = await Folder.open(root);
  const roots = await rootsOf(root);
  const known = new Map<string, string | undefined>();
  const inCheckout = async (path: string): Promise<string | undefined> => {
    const below = pathBelow(roots, path);
    return below !== undefined && await folder.look(below) === 'file' ? below : undefined;
  };
  const fileOf: FileOf = async (paths) => {
    for (const path of paths) {
      if (!known.has(path)) known.set(path, await inCheckout(path));
      const file = known.get(path);
      if (file !== undefined) return file;
    }
    if (elsewhere.size < MOST_NAMED) elsewhere.add(paths[0]?.slice(0, 200) ?? '');
    return undefined;
  };
  await readDocuments(root, pattern, 'coverage report', async (document) => {
    const read = await document.isXml() ? readCobertura : readLcov;
    await read(document, covered, fileOf);
  }).catch((thrown: unknown) => {
    if (!(thrown instanceof TrunklineError) || thrown.record.code !== 'REPORT_MISSING') throw thrown;
    throw new TrunklineError('COVERAGE_MISSING', 'code', `there is no coverage at ${pattern}`, 'have the test command write it there, or correct "coverage" in trunkline.config.ts');
  });
  const report = covered.report(name, changed);
  if (report.lines.total === 0) {
    throw new TrunklineError('COVERAGE_EMPTY', 'code', `the coverage at ${pattern} speaks of no line of this repository${elsewhere.size > 0 ? `, but of ${[...elsewhere][0]}` : ''}`, 'see that the tests are measured, and that the paths in the report are those of the repository');
  }
  return { report, elsewhere: [...elsewhere], unmeasured: unmeasured(covered.files, changed) };
}

export type CoverageChanges = ReadonlyMap<string, readonly (readonly [first: number, last: number])[]>;

/** Most tools leave out what no test has loaded, and so say nothing of what is least tested. */
function unmeasured(files: readonly string[], changed: CoverageChanges | undefined): readonly string[] {
  const measured = new Set(files);
  const sorts = new Set(files.map(sortOf));
  return [...changed?.keys() ?? []].filter((file) => !measured.has(file) && sorts.has(sortOf(file)) && !/(^|[./_-])(tests?|specs?|__tests__)([./_-]|$)|\.d\.ts$|(^|\/)[^/]*\.config\.[^/]+$/i.test(file));
}

function sortOf(file: string): string {
  return /\.[^./]+$/.exec(file)?.[0] ?? '';
}
