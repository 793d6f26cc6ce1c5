import { formatDuration, type Json } from '../../foundation/units.ts';
import { componentsOf } from '../../reports/components.ts';
import { share } from '../../reports/in-short.ts';
import { linesIn, placeOf, titleOf } from '../../reports/problems.ts';
import type { BillOfMaterials, Covered, CoverageReport, Finding, FindingsReport, Report, TestCase, TestReport } from '../../reports/report.ts';
import { grouped } from '../report/whole.ts';
import { html, type Markup } from './html.ts';
import { bar } from './pictures.ts';

/** A report as a part of a page. */
export function sectionOf(report: Report, documents: ReadonlyMap<string, Json>): Markup {
  switch (report.type) {
    case 'tests': return tests(report);
    case 'coverage': return coverage(report);
    case 'findings': return findings(report);
    case 'sbom': return components(report, documents.get(report.document));
  }
}

/** @param numbers which columns hold numbers. */
export function table(caption: string, headers: readonly string[], rows: readonly (readonly (Markup | string)[])[], numbers: readonly number[] = []): Markup {
  const look = (column: number): Markup => (numbers.includes(column) ? html` class="number"` : html``);
  return html`<div class="wide"><table><caption>${caption}</caption><thead><tr>${headers.map((header, column) => html`<th scope="col"${look(column)}>${header}</th>`)}</tr></thead><tbody>${rows.map((cells) => html`<tr>${cells.map((cell, column) => (column === 0 ? html`<th scope="row">${cell}</th>` : html`<td${look(column)}>${cell}</td>`))}</tr>`)}</tbody></table></div>`;
}

function tests({ passed, failed, skipped, cases }: TestReport): Markup {
  const of = (some: readonly TestCase[], outcome: TestCase['outcome']): number => some.filter((each) => each.outcome === outcome).length;
  const suites = grouped(cases, ({ suite }) => suite).map(([suite, all]) => [
    suite || '(no suite)', `${of(all, 'passed')}`, `${of(all, 'failed')}`, `${of(all, 'skipped')}`, formatDuration(all.reduce((sum, { duration }) => sum + duration, 0)),
  ]);
  return html`${bar([{ size: passed, look: 'good' }, { size: failed, look: 'bad' }, { size: skipped, look: 'rest' }], `${passed} passed, ${failed} failed, ${skipped} skipped`, 320)}
${cases.filter(({ outcome }) => outcome === 'failed').map(failure)}${suites.length === 0 ? undefined : table('Tests by suite', ['suite', 'passed', 'failed', 'skipped', 'took'], suites, [1, 2, 3, 4])}`;
}

function failure({ detail, file, line, ...test }: TestCase): Markup {
  return html`<h4 class="failed">${titleOf(test)}</h4>${file === undefined ? undefined : html`<p><code>${placeOf({ file, ...(line === undefined ? {} : { line }) })}</code></p>`}${detail === undefined ? undefined : html`<pre>${detail}</pre>`}`;
}

function coverage({ lines, branches, changed, files }: CoverageReport): Markup {
  const all = ([['lines', lines], ['branches', branches], ['changed lines', changed]] as const).flatMap(([name, covered]) => (covered ? [[name, coveredBar(covered), share(covered), `${covered.covered} of ${covered.total}`]] : []));
  const rows = files.map(({ file, lines: covered, missed, missedChanged = [] }) => [html`<code>${file}</code>`, coveredBar(covered), share(covered), html`<span class="failed">${linesIn(missedChanged)}</span>`, linesIn(missed)]);
  return html`${table('Coverage', ['of', 'picture', 'covered', 'count'], all, [2, 3])}${rows.length === 0 ? undefined : table('Coverage by file, the least covered first', ['file', 'picture', 'covered', 'changed and uncovered', 'uncovered lines'], rows, [2])}`;
}

function coveredBar(covered: Covered): Markup {
  return bar([{ size: covered.covered, look: 'good' }, { size: covered.total - covered.covered, look: 'rest' }], share(covered));
}

function findings({ tools, scope, findings: all }: FindingsReport): Markup {
  const standing = (which: Finding['standing']): readonly Finding[] => all.filter((each) => each.standing === which);
  const [counting, known, suppressed] = [standing('counts'), standing('known'), standing('suppressed')];
  const by = [...tools.map(({ name, version }) => `${name}${version === undefined ? '' : ` ${version}`}`), ...scope].join(', ');
  return html`${by === '' ? undefined : html`<p class="soft">${by}</p>`}${counting.length === 0 ? undefined : table('Findings that count, the worst first', ['where', 'severity', 'rule', 'what, why and how to fix it'], counting.map((finding) => [place(finding), severity(finding), rule(finding), said(finding)]))}
${suppressed.length === 0 ? undefined : table('Suppressed, each with its reason and its last day', ['where', 'severity', 'rule', 'until', 'reason', 'written at'], suppressed.map((finding) => [
    place(finding), severity(finding), rule(finding), finding.suppression?.until ?? '', finding.suppression?.reason ?? '', html`<code>${finding.suppression?.where}</code>`,
  ]))}${known.length === 0 ? undefined : table('Known: they stand in the baseline', ['rule', 'how many'], grouped(known, (finding) => finding.rule).map(([name, some]) => [name, `${some.length}`]), [1])}`;
}

function said({ message, note, why, fix, steps = [] }: Finding): Markup {
  return html`${message}${note === undefined ? undefined : html`<br><strong>${note}</strong>`}${why === undefined ? undefined : html`<br><span class="soft">${why}</span>`}${fix === undefined ? undefined : html`<br>To fix it: ${fix}`}${steps.length === 0 ? undefined : html`<details><summary>how it gets there</summary><ol>${steps.map((step) => html`<li><code>${placeOf(step)}</code> ${step.message}</li>`)}</ol></details>`}`;
}

function place(finding: Finding): Markup {
  return html`<code>${placeOf(finding)}</code>`;
}

function severity({ severity: word }: Finding): Markup {
  return html`<span class="state ${word}">${word}</span>`;
}

/** With the page about it, where that is a page of the web: any other address could be code. */
function rule({ rule: name, help }: Finding): Markup {
  const isWeb = help !== undefined && URL.canParse(help) && /^https?:$/.test(new URL(help).protocol);
  return isWeb ? html`<a href="${new URL(help).href}" rel="noopener noreferrer">${name}</a>` : html`${name}`;
}

function components({ components: count }: BillOfMaterials, document: Json | undefined): Markup {
  if (document === undefined) return html`<p class="soft">The document itself was removed.</p>`;
  const rows = componentsOf(document).map(({ name, version, licence, isOptional }) => [name, version, licence || '?', isOptional ? 'development' : '']);
  return html`<details><summary>${count === 1 ? 'the component' : `all ${count} components`}</summary>${table('Components', ['name', 'version', 'licence', 'for'], rows)}</details>`;
}
