import { formatDuration, type Json } from '../../foundation/units.ts';
import { componentsOf } from '../../reports/components.ts';
import { share } from '../../reports/in-short.ts';
import { linesIn, placeOf, titleOf } from '../../reports/problems.ts';
import type { BillOfMaterials, CoverageReport, Finding, FindingsReport, Report, TestCase, TestReport } from '../../reports/report.ts';
import type { Terminal } from '../terminal.ts';
import { plain, plainLines } from './plain.ts';
import { colourOf } from './problem-lines.ts';
import { shortLines, type Reported } from './reported.ts';

/** The document that an SBOM report names; undefined where it is gone. */
export type Documents = (report: BillOfMaterials) => Promise<Json | undefined>;

/** All that an action reported, for whoever has to do something about it: the worst first. */
export async function printWhole(terminal: Terminal, { stage, action, state, durationMs, message, limits, reports }: Reported, documents: Documents): Promise<void> {
  const colour = state === 'passed' ? 'green' : state === 'failed' ? 'red' : 'yellow';
  terminal.print(`${terminal.paint('bold', `${stage}.${action}`)} ${terminal.paint(colour, state)}${durationMs === undefined ? '' : terminal.paint('dim', ` in ${formatDuration(durationMs)}`)}${message === undefined ? '' : `: ${plain(message)}`}`);
  if (reports.length === 0) terminal.print(terminal.paint('dim', '  it reported nothing; see its log'));
  const short = shortLines({ reports, limits });
  for (const [index, report] of reports.entries()) {
    terminal.print(`  ${short[index]}`);
    await printReport(terminal, report, documents);
  }
  terminal.print();
}

async function printReport(terminal: Terminal, report: Report, documents: Documents): Promise<void> {
  switch (report.type) {
    case 'tests': return printTests(terminal, report);
    case 'coverage': return printCoverage(terminal, report);
    case 'findings': return printFindings(terminal, report);
    case 'sbom': return printComponents(terminal, await documents(report));
  }
}

function printTests(terminal: Terminal, { cases }: TestReport): void {
  for (const { detail = '', ...test } of cases.filter(({ outcome }) => outcome === 'failed')) {
    terminal.print(`\n  ${terminal.paint('red', '✘')} ${plain(titleOf(test))}${test.file === undefined ? '' : terminal.paint('dim', `  ${plain(placeOf(test))}`)}`);
    if (detail.trim() !== '') for (const line of plainLines(detail)) terminal.print(`      ${line}`);
  }
  if (cases.length === 0) return;
  terminal.print();
  const of = (tests: readonly TestCase[], outcome: TestCase['outcome']): string => String(tests.filter((each) => each.outcome === outcome).length);
  terminal.table(['  suite', 'passed', 'failed', 'skipped', 'took'], grouped(cases, ({ suite }) => suite).map(([suite, tests]) => [
    `  ${plain(suite) || '(no suite)'}`, of(tests, 'passed'), of(tests, 'failed'), of(tests, 'skipped'), formatDuration(tests.reduce((sum, { duration }) => sum + duration, 0)),
  ]));
}

function printCoverage(terminal: Terminal, { files }: CoverageReport): void {
  const lacking = files.filter(({ missed }) => missed.length > 0).sort((a, b) => Number((b.missedChanged?.length ?? 0) > 0) - Number((a.missedChanged?.length ?? 0) > 0));
  if (lacking.length === 0) return;
  terminal.print();
  terminal.table(['  file', 'covered', 'changed and uncovered', 'uncovered lines'], lacking.map(({ file, lines, missed, missedChanged = [] }) => [
    `  ${plain(file)}`, share(lines), terminal.paint('yellow', linesIn(missedChanged)), linesIn(missed),
  ]));
}

function printFindings(terminal: Terminal, { tools, scope, findings }: FindingsReport): void {
  const by = [...tools.map(({ name, version }) => `${name}${version === undefined ? '' : ` ${version}`}`), ...scope];
  if (by.length > 0) terminal.print(terminal.paint('dim', `  ${by.map(plain).join(', ')}`));
  const standing = (which: Finding['standing']): readonly Finding[] => findings.filter((each) => each.standing === which);
  for (const [file, found] of grouped(standing('counts'), (finding) => finding.file ?? 'the project')) {
    terminal.print(`\n  ${terminal.paint('bold', plain(file))}`);
    for (const finding of found) printFinding(terminal, finding);
  }
  const suppressed = standing('suppressed');
  if (suppressed.length > 0) {
    terminal.print('\n  suppressed');
    terminal.table(['  where', 'severity', 'rule', 'until', 'why', 'written at'], suppressed.map(({ severity, rule, suppression, ...at }) => [
      `  ${plain(placeOf(at))}`, severity, plain(rule), suppression?.until ?? '', plain(suppression?.reason ?? ''), plain(suppression?.where ?? ''),
    ]));
  }
  const known = standing('known');
  if (known.length > 0) terminal.print(`\n  known: ${known.length.toLocaleString('en')} in the baseline (${grouped(known, ({ rule }) => rule).map(([rule, all]) => `${all.length} ${plain(rule)}`).join(', ')})`);
}

function printFinding(terminal: Terminal, { line, severity, rule, message, note, why, fix, help, steps = [] }: Finding): void {
  terminal.print(`    ${line === undefined ? '' : `${line}  `}${terminal.paint(colourOf(severity), severity)}  ${plain(rule)}: ${plain(message)}`);
  if (note !== undefined) terminal.print(terminal.paint('yellow', `        ! ${plain(note)}`));
  steps.forEach((step, index) => terminal.print(terminal.paint('dim', `        ${index + 1}. ${plain(placeOf(step))}  ${plain(step.message)}`)));
  if (why !== undefined) terminal.print(`        why: ${plain(why)}`);
  if (fix !== undefined) terminal.print(`        fix: ${plain(fix)}`);
  if (help !== undefined) terminal.print(terminal.paint('dim', `        see: ${plain(help)}`));
}

function printComponents(terminal: Terminal, document: Json | undefined): void {
  if (document === undefined) return terminal.print(terminal.paint('dim', '  the document itself was removed ("trunkline gc")'));
  const components = componentsOf(document);
  if (components.length === 0) return;
  terminal.print();
  terminal.table(['  component', 'version', 'licence', ''], components.map(({ name, version, licence, isOptional }) => [`  ${plain(name)}`, plain(version), plain(licence) || '?', isOptional ? 'development' : '']));
}

/** In the order in which they first come, which is the worst first. */
export function grouped<Item>(items: readonly Item[], nameOf: (item: Item) => string): readonly (readonly [name: string, items: readonly Item[]])[] {
  return [...Map.groupBy(items, nameOf)];
}
