import type { Millis } from '../foundation/units.ts';
import type { TestCase, TestReport } from './report.ts';

/**
 * Test results as JUnit XML, which `junit.ts` reads back as the same report. What XML has no way to write, controls
 * above all, stands as the sign that shows it.
 */
export function junitXml(report: TestReport): string {
  const totals = `tests="${report.passed + report.failed + report.skipped}" failures="${report.failed}" skipped="${report.skipped}" time="${seconds(report.duration)}"`;
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites name="${attribute(report.name)}" ${totals}>`, ...suitesOf(report.cases).map(suite), '</testsuites>', ''].join('\n');
}

/** Cases that stand together, so that their order stays. */
function suitesOf(cases: readonly TestCase[]): readonly (readonly TestCase[])[] {
  const suites: TestCase[][] = [];
  for (const each of cases) {
    const last = suites.at(-1);
    if (last?.[0]?.suite === each.suite) last.push(each);
    else suites.push([each]);
  }
  return suites;
}

function suite(cases: readonly TestCase[]): string {
  const of = (outcome: TestCase['outcome']): number => cases.filter((each) => each.outcome === outcome).length;
  const time = cases.reduce((sum, { duration }) => sum + duration, 0);
  return [
    ` <testsuite name="${attribute(cases[0]?.suite ?? '')}" tests="${cases.length}" failures="${of('failed')}" skipped="${of('skipped')}" time="${seconds(time)}">`,
    ...cases.map(testCase), ' </testsuite>',
  ].join('\n');
}

function testCase({ name, outcome, duration, detail, file, line, ...rest }: TestCase): string {
  // Readers of their own take the class for the suite where there is one.
  const className = ['', 'test', name].includes(rest.suite) ? '' : ` classname="${attribute(rest.suite)}"`;
  const place = `${file === undefined ? '' : ` file="${attribute(file)}"`}${line === undefined ? '' : ` line="${line}"`}`;
  const opening = `  <testcase name="${attribute(name)}"${className} time="${seconds(duration)}"${place}`;
  switch (outcome) {
    case 'passed': return `${opening}/>`;
    case 'skipped': return `${opening}><skipped/></testcase>`;
    case 'failed': return `${opening}><failure>${escaped(detail ?? '')}</failure></testcase>`;
  }
}

/** Seconds to the microsecond, which is as fine as a report is read. */
function seconds(duration: Millis): string {
  return (duration / 1_000).toFixed(6);
}

function attribute(text: string): string {
  return escaped(text).replaceAll('"', '&quot;').replaceAll('\t', '&#9;').replaceAll('\n', '&#10;');
}

// oxlint-disable-next-line no-control-regex -- these are the ones that XML forbids
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g;

/** Text that no reader takes for markup. */
function escaped(text: string): string {
  return text.toWellFormed()
    .replaceAll(CONTROLS, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0)))
    .replaceAll(/[\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;');
}
