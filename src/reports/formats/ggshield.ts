import { z } from 'zod';
import type { FindingsFormat } from '../format.ts';
import type { Reported } from '../found.ts';
import { ReportFault } from '../json.ts';
import { each, list, position, shaped, text } from '../shape.ts';

const scan = z.object({ id: text, type: text, scans: list.nullish(), entities_with_incidents: list.nullish(), secrets_engine_version: text, total_incidents: z.int().min(0).nullish() });
const whole = scan.extend({ total_incidents: z.int().min(0) });
const entity = z.object({ filename: z.string(), incidents: list });
/** The `match` of an occurrence is left where it is: a report must not carry the secret on. */
const incident = z.object({ type: text, policy: text, detector: text, validity: text, ignore_sha: text, incident_url: text, occurrences: z.array(z.object({ line_start: position, line_end: position, index_start: position })) });
const MOST_NESTED = 10;

type Scan = z.infer<typeof scan>;

/** `ggshield secret scan … --json`: GitGuardian. */
export const ggshield: FindingsFormat = {
  reference: {
    tool: 'GitGuardian (ggshield)', rows: ['build.secrets'],
    use: 'sh("ggshield secret scan path -r . --json -o reports/ggshield.json", { findings: { ggshield: "reports/ggshield.json" } })',
    severities: 'every secret critical; high where GitGuardian says that it is not valid any more. The secret itself is not taken over',
  },
  exitCodes: [1],
  async read(document, report) {
    const given = shaped(whole, await document.json());
    let count = 0;
    readScan(given, '', 0, (found) => {
      count += 1;
      report(found);
    });
    if (count < given.total_incidents) throw new ReportFault('total_incidents', `it counts ${given.total_incidents} incidents and lists ${count}`);
    return { tools: [{ name: 'ggshield', ...(given.secrets_engine_version ? { version: `secrets engine ${given.secrets_engine_version}` } : {}) }], scope: given.type ? [given.type] : [] };
  },
};

/** One of a history holds one for each commit. */
function readScan({ id, scans, entities_with_incidents: entities }: Scan, place: string, depth: number, report: (found: Reported) => void): void {
  for (const [{ filename, incidents }, at] of each(entity, entities, `${place}entities_with_incidents`)) {
    for (const [found] of each(incident, incidents, `${at}.incidents`)) for (const reported of foundIn(found, filename, depth > 0 ? id : undefined)) report(reported);
  }
  if (depth < MOST_NESTED) for (const [inner, at] of each(scan, scans, `${place}scans`)) readScan(inner, `${at}.`, depth + 1, report);
}

function foundIn({ type, detector, validity, ignore_sha, incident_url, occurrences }: z.infer<typeof incident>, file: string, commit: string | null | undefined): readonly Reported[] {
  const rule = type ?? detector ?? 'secret';
  const valid = validity ? `, ${validity.replaceAll('_', ' ')}` : '';
  return (occurrences.length === 0 ? [{ line_start: undefined, line_end: undefined }] : occurrences).map(({ line_start, line_end }) => ({
    rule, severity: validity === 'invalid' ? 'high' : 'critical', message: `a secret: ${rule}${valid}${commit ? `, in commit ${commit.slice(0, 12)}` : ''}`, file, line: line_start, endLine: line_end,
    identity: ignore_sha, help: incident_url, fix: 'revoke it where it is valid first, then take it out of the code: it stays in the history',
  }));
}
