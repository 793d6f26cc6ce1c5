import { formatDuration, type Json } from '../../foundation/units.ts';
import { componentsOf } from '../../reports/components.ts';
import { share } from '../../reports/in-short.ts';
import { linesIn, placeOf, titleOf } from '../../reports/problems.ts';
import type { BillOfMaterials, CoverageReport, Finding, FindingsReport, Report, TestCase, TestReport } from '../../reports/report.ts';
import type { Terminal } from '../terminal.ts';
import { linesWithin } from './plain.ts';
import { colourOf } from './problem-lines.ts';
import { shortLines, type Reported } from './reported.ts';
import { paint, text } from '../text.ts';

/** The document that an SBOM report names; undefined where it is gone. */
export type Documents = (report: BillOfMaterials) => Promise<Json | undefined>;

/** All that an action reported, for whoever has to do something about it: the worst first. */
export async function printWhole(terminal: Terminal, { stage, action, state, durationMs, message, limits, reports }: Reported, documents: Documents): Promise<void> {
  const colour = state === 'passed' ? 'green' : state === 'failed' ? 'red' : 'yellow';
  terminal.print(text`${paint('bold', `${stage}.${action}`)} ${paint(colour, state)}${durationMs === undefined ? '' : paint('dim', ` in ${formatDuration(durationMs)}`)}${message === undefined ? '' : `: ${message}`}`);
  if (reports.length === 0) terminal.print(paint('dim', '  it reported nothing; see its log'));
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
    terminal.print(text`\n  ${paint('red', '✘')} ${titleOf(test)}${test.file === undefined ? '' : paint('dim', `  ${placeOf(test)}`)}`);
    if (detail.trim() !== '') for (const line of linesWithin(detail)) terminal.print(`      ${line}`);
  }
  if (cases.length === 0) return;
  terminal.print();
  const of = (tests: readonly TestCase[], outcome: TestCase['outcome']): string => String(tests.filter((each) => each.outcome === outcome).length);
  terminal.table(['  suite', 'passed', 'failed', 'skipped', 'took'], grouped(cases, ({ suite }) => suite).map(([suite, tests]) => [
    `  ${suite || '(no suite)'}`, of(tests, 'passed'), of(tests, 'failed'), of(tests, 'skipped'), formatDuration(tests.reduce((sum, { duration }) => sum + duration, 0)),
  ]));
}

function printCoverage(terminal: Terminal, { files }: CoverageReport): void {
  const lacking = files.filter(({ missed }) => missed.length > 0).sort((a, b) => Number((b.missedChanged?.length ?? 0) > 0) - Number((a.missedChanged?.length ?? 0) > 0));
  if (lacking.length === 0) return;
  terminal.print();
  terminal.table(['  file', 'covered', 'changed and uncovered', 'uncovered lines'], lacking.map(({ file, lines, missed, missedChanged = [] }) => [
    `  ${file}`, share(lines), paint('yellow', linesIn(missedChanged)), linesIn(missed),
  ]));
}

function printFindings(terminal: Terminal, { tools, scope, findings }: FindingsReport): void {
  const by = [...tools.map(({ name, version }) => `${name}${version === undefined ? '' : ` ${version}`}`), ...scope];
  if (by.length > 0) terminal.print(paint('dim', `  ${by.join(', ')}`));
  const standing = (which: Finding['standing']): readonly Finding[] => findings.filter((each) => each.standing === which);
  for (const [file, found] of grouped(standing('counts'), (finding) => finding.file ?? 'the project')) {
    terminal.print(text`\n  ${paint('bold', file)}`);
    for (const finding of found) printFinding(terminal, finding);
  }
  const suppressed = standing('suppressed');
  if (suppressed.length > 0) {
    terminal.print();
    terminal.print('  suppressed');
    terminal.table(['  where', 'severity', 'rule', 'until', 'why', 'written at'], suppressed.map(({ severity, rule, suppression, ...at }) => [
      `  ${placeOf(at)}`, severity, rule, suppression?.until ?? '', suppression?.reason ?? '', suppression?.where ?? '',
    ]));
  }
  const known = standing('known');
  if (known.length > 0) terminal.print(text`\n  known: ${known.length.toLocaleString('en')} in the baseline (${grouped(known, ({ rule }) => rule).map(([rule, all]) => `${all.length} ${rule}`).join(', ')})`);
}

function printFinding(terminal: Terminal, { line, severity, rule, message, note, why, fix, help, steps = [] }: Finding): void {
  terminal.print(text`    ${line === undefined ? '' : `${line}  `}${paint(colourOf(severity), severity)}  ${rule}: ${message}`);
  if (note !== undefined) terminal.print(paint('yellow', `        ! ${note}`));
  steps.forEach((step, index) => terminal.print(paint('dim', `        ${index + 1}. ${placeOf(step)}  ${step.message}`)));
  if (why !== undefined) terminal.print(`        why: ${why}`);
  if (fix !== undefined) terminal.print(`        fix: ${fix}`);
  if (help !== undefined) terminal.print(paint('dim', `        see: ${help}`));
}

function printComponents(terminal: Terminal, document: Json | undefined): void {
  if (document === undefined) return terminal.print(paint('dim', '  the document itself was removed ("trunkline gc")'));
  const components = componentsOf(document);
  if (components.length === 0) return;
  terminal.print();
  terminal.table(['  component', 'version', 'licence', ''], components.map(({ name, version, licence, isOptional }) => [`  ${name}`, version, licence || '?', isOptional ? 'development' : '']));
}

/** In the order in which they first come, which is the worst first. */
export function grouped<Item>(items: readonly Item[], nameOf: (item: Item) => string): readonly (readonly [name: string, items: readonly Item[]])[] {
  return [...Map.groupBy(items, nameOf)];
}
