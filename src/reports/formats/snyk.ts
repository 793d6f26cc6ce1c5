import { z } from 'zod';
import type { FindingsFormat } from '../format.ts';
import { ReportFault } from '../json.ts';
import { each, list, shaped, text } from '../shape.ts';
import { severityOfWord } from './scores.ts';

const project = z.object({ ok: z.boolean().nullish(), error: text, vulnerabilities: list.nullish(), dependencyCount: z.int().nullish(), projectName: text, displayTargetFile: text });
const image = z.object({ applications: list.nullish() });
const vulnerability = z.object({
  id: z.string(), title: z.string(), severity: text, packageName: text, moduleName: text, version: text, from: z.array(z.string()).nullish(), type: text, description: text,
  fixedIn: z.array(z.string()).nullish(), identifiers: z.object({ CVE: z.array(z.string()).nullish(), CWE: z.array(z.string()).nullish() }).nullish(),
});

/** `snyk test --json`, of one project or of several. */
export const snyk: FindingsFormat = {
  reference: {
    tool: 'Snyk Open Source', rows: ['build.sca'],
    use: 'sh("npx snyk test --json-file-output=reports/snyk.json", { findings: { snyk: "reports/snyk.json" }, failOn: "high" })',
    severities: '`critical`, `high`, `medium`, `low` by their names. `snyk code test` writes SARIF (`--sarif-file-output`)',
  },
  // 2 and 3 are its failures.
  exitCodes: [1],
  async read(document, report) {
    const given = await document.json();
    const whole = Array.isArray(given) ? given : [given];
    // The applications within an image are projects like it.
    const projects = whole.flatMap((one: unknown) => [one, ...shaped(image, one).applications ?? []]);
    if (projects.length === 0) throw new ReportFault('line 1', 'it holds no project');
    const scope: string[] = [];
    for (const [{ ok, error, vulnerabilities, dependencyCount, projectName, displayTargetFile }, place] of each(project, projects, '')) {
      if (error || ok === false && !vulnerabilities) throw new ReportFault(`${place}.error`, `Snyk says that it failed: ${(error ?? 'without a reason').slice(0, 200)}`);
      if (!vulnerabilities) throw new ReportFault(`${place}.vulnerabilities`, 'it is missing');
      // The same one by another way is the same one.
      const seen = new Set<string>();
      for (const [found] of each(vulnerability, vulnerabilities, `${place}.vulnerabilities`)) {
        const name = found.packageName ?? found.moduleName ?? '';
        const key = `${found.id} ${name}@${found.version ?? ''}`;
        if (seen.has(key)) continue;
        seen.add(key);
        report({
          rule: found.id, severity: severityOfWord(found.severity), message: found.type === 'license' ? `${name} ${found.version ?? ''}: ${found.title} (licence)` : `${name} ${found.version ?? ''}: ${found.title}`,
          why: [...found.identifiers?.CVE ?? [], ...found.identifiers?.CWE ?? [], found.from && found.from.length > 2 ? `comes by ${found.from.slice(1, 10).join(' > ')}` : ''].join(' '),
          fix: found.fixedIn && found.fixedIn.length > 0 ? `upgrade ${name} to ${found.fixedIn.slice(0, 5).join(' or ')}` : undefined,
          help: /^(snyk:lic|SNYK-|npm:)/.test(found.id) ? `https://security.snyk.io/vuln/${encodeURIComponent(found.id)}` : undefined, file: displayTargetFile, identity: key,
        });
      }
      scope.push(`${projectName ?? 'the project'}: ${dependencyCount ?? '?'} dependencies`);
    }
    return { tools: [{ name: 'Snyk' }], scope: scope.slice(0, 20) };
  },
};
