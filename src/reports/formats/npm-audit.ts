import { z } from 'zod';
import type { FindingsFormat } from '../format.ts';
import { ReportFault } from '../json.ts';
import { each, list, shaped, text } from '../shape.ts';
import { severityOfWord } from './scores.ts';

const document = z.object({
  auditReportVersion: z.int().nullish(), message: text, error: z.union([z.string(), z.object({ summary: text, code: text })]).nullish(),
  vulnerabilities: z.record(z.string(), z.unknown()).nullish(),
  metadata: z.object({ vulnerabilities: z.object({ total: z.int().nullish() }).nullish(), dependencies: z.object({ total: z.int() }).nullish() }).nullish(),
});
const vulnerable = z.object({ name: z.string(), via: list, fixAvailable: z.union([z.boolean(), z.object({ name: z.string(), version: z.string(), isSemVerMajor: z.boolean().nullish() })]).nullish() });
const advisory = z.object({ source: z.union([z.int(), z.string()]), dependency: text, title: text, url: text, severity: text, range: text, cwe: z.array(z.string()).nullish() });

/** `npm audit --json`, of npm 7 and later. */
export const npmAudit: FindingsFormat = {
  reference: {
    tool: 'npm audit', rows: ['build.sca'],
    use: 'sh("npm audit --json > reports/audit.json", { findings: { "npm-audit": "reports/audit.json" }, failOn: "high" })',
    severities: '`critical`, `high`, `low`, `info` by their names, `moderate` medium. Each advisory once, with the package that it is about',
  },
  exitCodes: [1],
  async read(read, report) {
    const { auditReportVersion, message, error, vulnerabilities, metadata } = shaped(document, await read.json());
    // A registry without advisories answers with an error, and that is a document too.
    if (error) throw new ReportFault('error', `npm says that it failed: ${(message ?? (typeof error === 'string' ? error : error.summary) ?? 'without a reason').slice(0, 200)}`);
    if (auditReportVersion !== 2 || !vulnerabilities) throw new ReportFault('auditReportVersion', 'it is no report of npm 7 or later');
    const [counted, listed] = [metadata?.vulnerabilities?.total ?? 0, Object.keys(vulnerabilities).length];
    if (counted > listed) throw new ReportFault('metadata.vulnerabilities.total', `it counts ${counted} vulnerable packages and lists ${listed}`);
    const seen = new Set<string>();
    for (const [name, given] of Object.entries(vulnerabilities)) {
      const place = `vulnerabilities["${name.slice(0, 100)}"]`;
      const { via, fixAvailable } = shaped(vulnerable, given, place);
      // A text is the name of another package of this list, by which it comes.
      for (const [found] of each(advisory, via.filter((one) => typeof one !== 'string'), `${place}.via`)) {
        const key = `${found.source} ${name}`;
        if (seen.has(key)) continue;
        seen.add(key);
        report({
          rule: /GHSA-[\w-]+/.exec(found.url ?? '')?.[0] ?? String(found.source), severity: severityOfWord(found.severity), message: `${name} ${found.range ?? ''}: ${found.title ?? 'an advisory'}`, why: found.cwe?.join(' '), help: found.url, file: 'package-lock.json', identity: key,
          fix: typeof fixAvailable === 'object' && fixAvailable ? `upgrade ${fixAvailable.name} to ${fixAvailable.version}` : fixAvailable === true ? 'npm audit fix' : 'there is no corrected version that fits',
        });
      }
    }
    return { tools: [{ name: 'npm audit' }], scope: [`${metadata?.dependencies?.total ?? '?'} dependencies`] };
  },
};
