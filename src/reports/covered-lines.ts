import { ReportFault } from './json.ts';
import type { Covered, CoverageReport, FileCoverage } from './report.ts';

type Range = readonly [first: number, last: number];

/** The first of the paths that is a file of the checkout, as it is named there; undefined where none is. */
export type FileOf = (paths: readonly string[]) => Promise<string | undefined>;

interface FileLines {
  /** Whether a line was ever hit. */
  readonly lines: Map<number, boolean>;
  /** Whether a way out of a line was ever taken. */
  readonly branches: Map<string, boolean>;
}

/** A project of that many lines has several reports of its own. */
export const MOST_LINES = 2_000_000;
const MOST_FILES = 10_000;
const HIGHEST_LINE = 10_000_000;

/** What tests have reached, from any number of reports: a line that one of them has hit is hit. */
export class CoveredLines {
  readonly #files = new Map<string, FileLines>();
  #size = 0;

  line(file: string, line: number, isHit: boolean): void {
    if (!Number.isInteger(line) || line < 1 || line > HIGHEST_LINE) throw new ReportFault('a line number', `${String(line).slice(0, 20)} is no number of a line`);
    this.#mark(this.#of(file).lines, line, isHit);
  }

  /** @param name of the way out, within the file. */
  branch(file: string, name: string, isTaken: boolean): void {
    this.#mark(this.#of(file).branches, name, isTaken);
  }

  get files(): readonly string[] {
    return [...this.#files.keys()];
  }

  /** @param changed lines of the commit, by file; without it nothing is said of them. */
  report(name: string, changed?: ReadonlyMap<string, readonly Range[]>): CoverageReport {
    const files = [...this.#files].map(([file, { lines }]) => fileCoverage(file, lines, changed?.get(file)));
    const branches = [...this.#files.values()].map((each) => covered(each.branches.values()));
    const ofChanged = changed && [...this.#files].map(([file, { lines }]) => covered([...lines].filter(([line]) => isIn(line, changed.get(file) ?? [])).map(([, isHit]) => isHit)));
    return {
      type: 'coverage', name, lines: sum(files.map((each) => each.lines)),
      ...(branches.some(({ total }) => total > 0) ? { branches: sum(branches) } : {}), ...(ofChanged ? { changed: sum(ofChanged) } : {}),
      files: files.sort((a, b) => shareOf(a.lines) - shareOf(b.lines) || a.file.localeCompare(b.file, 'en')).slice(0, MOST_FILES),
    };
  }

  #of(file: string): FileLines {
    const known = this.#files.get(file) ?? { lines: new Map(), branches: new Map() };
    this.#files.set(file, known);
    return known;
  }

  #mark<Key>(marks: Map<Key, boolean>, key: Key, isHit: boolean): void {
    const before = marks.get(key);
    if (before === undefined) this.#size += 1;
    if (this.#size > MOST_LINES) throw new ReportFault('its end', `it speaks of more than ${MOST_LINES} lines and branches`);
    marks.set(key, isHit || before === true);
  }
}

/** From 0 to 1; of nothing, 1. */
export function shareOf({ covered, total }: Covered): number {
  return total === 0 ? 1 : covered / total;
}

function fileCoverage(file: string, lines: ReadonlyMap<number, boolean>, changed: readonly Range[] | undefined): FileCoverage {
  const sorted = [...lines.keys()].sort((a, b) => a - b);
  const missedChanged = changed && rangesOf(sorted, (line) => lines.get(line) === false && isIn(line, changed));
  return { file, lines: covered(lines.values()), missed: rangesOf(sorted, (line) => lines.get(line) === false), ...(missedChanged && missedChanged.length > 0 ? { missedChanged } : {}) };
}

/** Lines between two of a range that cannot be covered, such as empty ones, belong to it. */
function rangesOf(sorted: readonly number[], isMeant: (line: number) => boolean): readonly Range[] {
  const ranges: [number, number][] = [];
  let open: [number, number] | undefined;
  for (const line of sorted) {
    if (!isMeant(line)) open = undefined;
    else if (open) open[1] = line;
    else ranges.push(open = [line, line]);
  }
  return ranges;
}

function isIn(line: number, ranges: readonly Range[]): boolean {
  return ranges.some(([first, last]) => line >= first && line <= last);
}

function covered(marks: Iterable<boolean>): Covered {
  const all = [...marks];
  return { covered: all.filter((isHit) => isHit).length, total: all.length };
}

function sum(all: readonly Covered[]): Covered {
  return { covered: all.reduce((total, each) => total + each.covered, 0), total: all.reduce((total, each) => total + each.total, 0) };
}
