import { z } from 'zod';
import type { FindingsFormat } from '../format.ts';
import type { Reported } from '../found.ts';
import { ReportFault } from '../json.ts';
import { each, list, position, shaped, text } from '../shape.ts';

const document = z.object({ total: z.int().nullish(), paging: z.object({ total: z.int() }).nullish(), issues: list, components: list.nullish(), rules: list.nullish() });
const grade = z.enum(['BLOCKER', 'CRITICAL', 'HIGH', 'MAJOR', 'MEDIUM', 'MINOR', 'LOW', 'INFO']);
const range = z.object({ startLine: position, endLine: position, startOffset: position }).nullish();
const issue = z.object({
  key: z.string(), rule: z.string(), severity: grade.nullish(), impacts: z.array(z.object({ severity: grade })).nullish(), component: z.string(), project: text, line: position, textRange: range, message: text,
  status: text, issueStatus: text, resolution: text, comments: z.array(z.object({ markdown: text })).nullish(),
  flows: z.array(z.object({ locations: z.array(z.object({ component: text, textRange: range, msg: text })) })).nullish(),
});
const SEVERITIES = { BLOCKER: 'critical', CRITICAL: 'high', HIGH: 'high', MAJOR: 'medium', MEDIUM: 'medium', MINOR: 'low', LOW: 'low', INFO: 'info' } as const;
const WORST = ['BLOCKER', 'CRITICAL', 'HIGH', 'MAJOR', 'MEDIUM', 'MINOR', 'LOW', 'INFO'] as const;

/** What SonarQube's web API answers: `api/issues/search`. */
export const sonarqube: FindingsFormat = {
  reference: {
    tool: 'SonarQube', rows: ['build.code-quality', 'build.sast'],
    use: 'sh("scripts/sonar.sh reports/sonar.json", { findings: { sonarqube: "reports/sonar.json" } })',
    severities: '`BLOCKER` critical, `CRITICAL` and `HIGH` high, `MAJOR` and `MEDIUM` medium, `MINOR` and `LOW` low, `INFO` info. Issues that are fixed or closed are none; accepted ones and false positives hold with a comment that says why (`additionalFields=comments`). An answer that is only one page of several is refused',
  },
  exitCodes: [],
  async read(read, report) {
    const { total, paging, issues, components } = shaped(document, await read.json());
    const all = paging?.total ?? total ?? issues.length;
    if (all > issues.length) throw new ReportFault('issues', `it holds ${issues.length} of ${all} issues: ask for every page (p=1, 2, …), and join them`);
    const paths = new Map([...each(z.object({ key: z.string(), path: text }), components, 'components')].flatMap(([{ key, path }]) => (path ? [[key, path] as const] : [])));
    for (const [given] of each(issue, issues, 'issues')) {
      if (['FIXED', 'CLOSED'].includes(given.issueStatus ?? given.status ?? '') || ['FIXED', 'REMOVED'].includes(given.resolution ?? '')) continue;
      report(foundIn(given, (component) => paths.get(component) ?? component.replace(/^.*:/, '')));
    }
    return { tools: [{ name: 'SonarQube' }], scope: [`${paths.size} files with issues`] };
  },
};

function foundIn({ key, rule, severity, impacts, component, project, line, textRange, message, status, issueStatus, resolution, comments, flows }: z.infer<typeof issue>, pathOf: (component: string) => string): Reported {
  const worst = WORST.find((each) => impacts?.some((impact) => impact.severity === each)) ?? severity ?? 'MAJOR';
  const decided = ['ACCEPTED', 'FALSE_POSITIVE', 'RESOLVED'].includes(issueStatus ?? status ?? '') || ['WONTFIX', 'FALSE-POSITIVE'].includes(resolution ?? '');
  const reason = comments?.map(({ markdown }) => markdown?.trim()).find((comment) => comment);
  return {
    rule, severity: SEVERITIES[severity ?? worst], message: message ?? rule, file: component === project ? undefined : pathOf(component), line: line ?? textRange?.startLine, endLine: textRange?.endLine, identity: key,
    steps: flows?.[0]?.locations.flatMap((step) => (step.component && step.textRange?.startLine ? [{ file: pathOf(step.component), line: step.textRange.startLine, message: step.msg ?? '' }] : [])),
    suppressed: decided && reason ? { reason, where: 'SonarQube' } : undefined,
  };
}
