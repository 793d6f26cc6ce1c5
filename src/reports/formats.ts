import type { ReportDocument } from './document.ts';
import { readDocuments, rootsOf } from './document.ts';
import type { FindingsFormat } from './format.ts';
import { biome } from './formats/biome.ts';
import { black } from './formats/black.ts';
import { checkstyle } from './formats/checkstyle.ts';
import { dependabot } from './formats/dependabot.ts';
import { eslint } from './formats/eslint.ts';
import { ggshield } from './formats/ggshield.ts';
import { gitleaks } from './formats/gitleaks.ts';
import { npmAudit } from './formats/npm-audit.ts';
import { osvScanner } from './formats/osv-scanner.ts';
import { oxlint } from './formats/oxlint.ts';
import { sarif } from './formats/sarif.ts';
import { semgrep } from './formats/semgrep.ts';
import { snyk } from './formats/snyk.ts';
import { sonarqube } from './formats/sonarqube.ts';
import { trivy } from './formats/trivy.ts';
import { tsc } from './formats/tsc.ts';
import { Collected } from './found.ts';
import type { Unlisted } from './judge.ts';
import { severities, type FindingsFormatName } from './names.ts';
import type { FindingsReport, Found } from './report.ts';

/** The reader of every format that a pipeline's author can name. */
export const formats: { readonly [name in FindingsFormatName]: FindingsFormat } = {
  sarif, eslint, biome, oxlint, tsc, black, checkstyle, sonarqube, gitleaks, ggshield, semgrep, trivy, snyk, 'osv-scanner': osvScanner, dependabot, 'npm-audit': npmAudit,
};

export interface FindingsRead {
  readonly found: readonly Found[];
  readonly tools: FindingsReport['tools'];
  readonly scope: readonly string[];
  /** Those for which there was no room. */
  readonly unlisted: Unlisted;
}

const MOST_SCOPE = 50;

/**
 * Reads what a tool found from the files below `root` that a pattern means; files are named relative to `root`. At
 * most 10,000 findings are kept, the worst ones, and the others counted.
 * @throws {TrunklineError} `REPORT_MISSING`; `REPORT_INVALID`, naming file and place.
 */
export async function readFindings(root: string, name: FindingsFormatName, pattern: string): Promise<FindingsRead> {
  const collected = new Collected(await rootsOf(root));
  const tools = new Map<string, FindingsReport['tools'][number]>();
  const scope: string[] = [];
  await readDocuments(root, pattern, `"${name}" report`, async (document: ReportDocument) => {
    const read = await formats[name].read(document, (found) => collected.add(found));
    for (const tool of read.tools) tools.set(`${tool.name} ${tool.version ?? ''}`, tool);
    scope.push(...read.scope);
  });
  const { unlisted } = collected;
  const left = severities.filter((severity) => (unlisted[severity] ?? 0) > 0).map((severity) => `${unlisted[severity]} ${severity}`);
  return { found: collected.found, tools: [...tools.values()], scope: [...scope.slice(0, MOST_SCOPE), ...(left.length > 0 ? [`beside those listed: ${left.join(', ')}`] : [])], unlisted };
}
