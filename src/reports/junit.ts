import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TrunklineError } from '../foundation/errors.ts';
import { Folder } from '../foundation/folder.ts';
import { filesMatching } from '../foundation/walk.ts';
import { JUnitCases, MOST_CASES } from './junit-cases.ts';
import type { TestCase, TestReport } from './report.ts';
import { readXml, XmlFault } from './xml.ts';

/** A report this large was never meant to be read. */
const LARGEST_BYTES = 1024 ** 3;

/**
 * Reads one file of JUnit XML, in bounded memory, failed tests first.
 * @param name of the report, such as that of its action.
 * @throws {TrunklineError} `REPORT_MISSING`; `REPORT_INVALID`, naming the file and the line.
 */
export async function readJUnit(file: string, name: string): Promise<TestReport> {
  return readFrom(await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw unopened(error, file);
  }), file, name);
}

/**
 * Reads all files below `root` that a pattern means as one report; files of tests are named relative to `root`.
 * What lies there was written by others: links out of it are not followed.
 * @throws like {@link readJUnit}.
 */
export async function readJUnitReports(root: string, pattern: string, name: string): Promise<TestReport> {
  const found = (await filesMatching(root, [pattern])).get(pattern) ?? [];
  if (found.length === 0) throw missing(pattern);
  const reports: TestReport[] = [];
  await using folder = await Folder.open(root);
  for (const { path } of found) {
    const file = await folder.file(path).catch((error: Error) => {
      throw error instanceof TrunklineError ? error : unopened(error, path);
    });
    reports.push(await readFrom(file, path, name));
  }
  return relativeTo(root, mergeTests(reports, name));
}

/** Several reports as one, failed tests first. */
export function mergeTests(reports: readonly TestReport[], name: string): TestReport {
  const sum = (field: 'passed' | 'failed' | 'skipped' | 'duration'): number => reports.reduce((total, report) => total + report[field], 0);
  const cases = reports.flatMap((report) => report.cases);
  const [failed, others] = [cases.filter(({ outcome }) => outcome === 'failed'), cases.filter(({ outcome }) => outcome !== 'failed')];
  return { type: 'tests', name, passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped'), duration: sum('duration'), cases: [...failed, ...others].slice(0, MOST_CASES) };
}

async function readFrom(handle: FileHandle, file: string, name: string): Promise<TestReport> {
  await using opened = handle;
  const found = await opened.stat();
  if (!found.isFile()) throw invalid(file, 1, 'it is no plain file');
  if (found.size > LARGEST_BYTES) throw invalid(file, 1, `it has ${found.size} bytes`);
  const cases = new JUnitCases();
  try {
    await readXml(opened.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>, cases);
  } catch (thrown) {
    throw thrown instanceof XmlFault ? invalid(file, thrown.line, thrown.message) : thrown;
  }
  const report = cases.report(name);
  if (!report) throw invalid(file, 1, 'it is XML, but neither <testsuites> nor <testsuite>');
  return report;
}

/** Whole paths say which machine it was; the part below `root` says where to look. */
function relativeTo(root: string, report: TestReport): TestReport {
  const place = (test: TestCase): TestCase => {
    if (test.file === undefined) return test;
    const path = test.file.startsWith('file://') ? pathOf(test.file) : test.file;
    const way = isAbsolute(path) ? relative(root, path) : path;
    return { ...test, file: way.startsWith('..') ? path : way };
  };
  return { ...report, cases: report.cases.map(place) };
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}

function missing(file: string): TrunklineError {
  return new TrunklineError('REPORT_MISSING', 'code', `there is no test report at ${file}`, 'have the test command write JUnit XML there, or correct "junit" in trunkline.config.ts');
}

function unopened(error: NodeJS.ErrnoException, file: string): unknown {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return missing(file);
  if (error.code === 'ELOOP' || error.code === 'ENXIO' || error.code === 'EISDIR') return invalid(file, 1, 'it is no plain file');
  return error;
}

function invalid(file: string, line: number, why: string): TrunklineError {
  return new TrunklineError('REPORT_INVALID', 'code', `the test report ${file} cannot be read, at line ${line}: ${why}`, 'have the test command write JUnit XML; a file cut short means that it was ended while it wrote');
}
