import { severities, type Limits } from './names.ts';
import type { Covered, Finding, Report } from './report.ts';

/** Of a search that found nothing. */
export const NOTHING = 'nothing found';

/**
 * A report in one short line, such as `2 high over the limit, 1 known, 1 suppressed until 2027-01-31`.
 * @param limits what its action allows, where that is known; without them nothing is said to be over one.
 */
export function inShort(report: Report, limits: Limits = {}): string {
  switch (report.type) {
    case 'tests': return joined([`tests ${count(report.passed)} passed`, some(report.failed, 'failed'), some(report.skipped, 'skipped')]);
    case 'coverage': return `coverage ${share(report.lines)} of lines${report.branches ? `, ${share(report.branches)} of branches` : ''}${changedIn(report.changed)}`;
    case 'findings': return joined([...severities.map((severity) => {
      const limit = limits[severity];
      const over = limit !== undefined && report.counts[severity] > limit ? ` over the limit${limit > 0 ? ` of ${count(limit)}` : ''}` : '';
      return some(report.counts[severity], `${severity}${over}`);
    }), some(withStanding(report.findings, 'known').length, 'known'), suppressedIn(report.findings)]) || NOTHING;
    case 'sbom': return `${count(report.components)} ${report.components === 1 ? 'component' : 'components'}`;
  }
}

/** `87.3 %`; never rounded up to the whole. */
export function share({ covered, total }: Covered): string {
  return total === 0 ? 'nothing to cover' : `${Math.floor((covered * 1_000) / total) / 10} %`;
}

function changedIn(changed: Covered | undefined): string {
  if (!changed) return '';
  return changed.total === 0 ? ', no changed line to cover' : `, ${share(changed)} of what changed`;
}

function suppressedIn(findings: readonly Finding[]): string | undefined {
  const days = withStanding(findings, 'suppressed').flatMap(({ suppression }) => suppression?.until ?? []).sort();
  const [first] = days;
  return first === undefined ? undefined : `${count(days.length)} suppressed until ${first}${days.at(-1) === first ? '' : ' or later'}`;
}

function withStanding(findings: readonly Finding[], standing: Finding['standing']): readonly Finding[] {
  return findings.filter((each) => each.standing === standing);
}

function some(number: number, what: string): string | undefined {
  return number === 0 ? undefined : `${count(number)} ${what}`;
}

function joined(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(', ');
}

function count(number: number): string {
  return number.toLocaleString('en');
}
