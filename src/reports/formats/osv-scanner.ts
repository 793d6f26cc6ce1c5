import { z } from 'zod';
import type { FindingsFormat } from '../format.ts';
import type { Severity } from '../names.ts';
import { each, list, shaped, text } from '../shape.ts';
import { severityOfScore, severityOfWord } from './scores.ts';

const document = z.object({ results: list.nullable() });
const source = z.object({ source: z.object({ path: z.string() }), packages: list });
const found = z.object({ package: z.object({ name: z.string(), version: text, ecosystem: text }), vulnerabilities: list.nullish(), groups: list.nullish(), license_violations: z.array(z.string()).nullish() });
const group = z.object({ ids: z.array(z.string()).min(1), aliases: z.array(z.string()).nullish(), max_severity: text });
const advisory = z.object({
  id: z.string(), summary: text, details: text, database_specific: z.object({ severity: text }).nullish(),
  affected: z.array(z.object({ package: z.object({ name: text }).nullish(), ranges: z.array(z.object({ events: z.array(z.object({ fixed: text })).nullish() })).nullish() })).nullish(),
});

/** `osv-scanner scan --format json`. */
export const osvScanner: FindingsFormat = {
  reference: {
    tool: 'osv-scanner', rows: ['build.sca'],
    use: 'sh("osv-scanner scan --format json -r . > reports/osv.json", { findings: { "osv-scanner": "reports/osv.json" }, failOn: "high" })',
    severities: 'by the CVSS score of the group of advisories (9 critical, 7 high, 4 medium, more than 0 low); without one by what the advisory database says, else medium; malicious packages (`MAL-`) critical; a licence that is not allowed high',
  },
  // 127 and 128 are its failures.
  exitCodes: [1],
  async read(read, report) {
    let packages = 0;
    for (const [{ source: { path }, packages: inside }, place] of each(source, shaped(document, await read.json()).results, 'results')) {
      for (const [given, at] of each(found, inside, `${place}.packages`)) {
        packages += 1;
        const { name, version } = given.package;
        const advisories = new Map([...each(advisory, given.vulnerabilities, `${at}.vulnerabilities`)].map(([one]) => [one.id, one]));
        const groups = given.groups ? [...each(group, given.groups, `${at}.groups`)].map(([one]) => one) : [...advisories.keys()].map((id) => ({ ids: [id], aliases: [], max_severity: undefined }));
        for (const { ids, aliases, max_severity } of groups) {
          const known = ids.map((id) => advisories.get(id)).find((one) => one !== undefined);
          const fixed = [...new Set(known?.affected?.filter((each) => (each.package?.name ?? name) === name).flatMap(({ ranges }) => ranges ?? []).flatMap(({ events }) => events ?? []).flatMap((event) => event.fixed ?? []))];
          report({
            rule: ids[0]!, severity: severityOf(ids, max_severity, known?.database_specific?.severity), message: `${name} ${version ?? ''}: ${known?.summary ?? ids.join(', ')}`, why: known?.details,
            fix: fixed.length > 0 ? `upgrade ${name} to ${fixed.slice(0, 5).join(' or ')}` : undefined, help: `https://osv.dev/${encodeURIComponent(ids[0]!)}`, file: path, identity: `${name}@${version ?? ''} ${[...ids, ...aliases ?? []].sort()[0]}`,
          });
        }
        for (const licence of given.license_violations ?? []) report({ rule: `licence:${licence}`, severity: 'high', message: `${name} ${version ?? ''} is under ${licence}, which is not allowed`, file: path, identity: `${name}@${version ?? ''}` });
      }
    }
    return { tools: [{ name: 'osv-scanner' }], scope: [`${packages} packages with advisories`] };
  },
};

function severityOf(ids: readonly string[], score: string | null | undefined, word: string | null | undefined): Severity {
  if (ids.some((id) => id.startsWith('MAL-'))) return 'critical';
  const given = score ? severityOfScore(Number(score)) : undefined;
  return given ?? severityOfWord(word);
}
