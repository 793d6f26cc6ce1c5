import { z } from 'zod';
import type { FindingsFormat } from '../format.ts';
import { each, list, position, shaped, text } from '../shape.ts';

/** `Match` and `Secret` are left where they are: a report must not carry the secret on. */
const leak = z.object({ RuleID: z.string(), Description: text, File: z.string(), StartLine: position, EndLine: position, StartColumn: position, Commit: text, Fingerprint: text });

/** `gitleaks --report-format json`. */
export const gitleaks: FindingsFormat = {
  reference: {
    tool: 'gitleaks', rows: ['build.secrets'],
    use: 'sh("gitleaks git --report-format json --report-path reports/leaks.json", { findings: { gitleaks: "reports/leaks.json" } })',
    severities: 'every secret critical. The secret itself is not taken over',
  },
  exitCodes: [1],
  async read(document, report) {
    for (const [{ RuleID, Description, File, StartLine, EndLine, StartColumn, Commit, Fingerprint }] of each(leak, shaped(list, await document.json()), '')) {
      report({
        rule: RuleID, severity: 'critical', message: `${Description || 'a secret'}${Commit ? `, since commit ${Commit.slice(0, 12)}` : ''}`, file: File, line: StartLine, endLine: EndLine, column: StartColumn, identity: Fingerprint,
        fix: 'revoke it where it is valid first, then take it out of the code: it stays in the history',
      });
    }
    return { tools: [{ name: 'gitleaks' }], scope: [] };
  },
};
