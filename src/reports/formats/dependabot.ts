import { z } from 'zod';
import type { FindingsFormat } from '../format.ts';
import { each, list, shaped, text } from '../shape.ts';
import { severityOfWord } from './scores.ts';

const alert = z.object({
  number: z.int(), state: z.enum(['open', 'dismissed', 'auto_dismissed', 'fixed']), html_url: text, dismissed_reason: text, dismissed_comment: text,
  dependency: z.object({ package: z.object({ ecosystem: text, name: z.string() }), manifest_path: text }),
  security_advisory: z.object({ ghsa_id: z.string(), cve_id: text, summary: text, description: text, severity: text }),
  security_vulnerability: z.object({ severity: text, vulnerable_version_range: text, first_patched_version: z.object({ identifier: text }).nullish() }).nullish(),
});

/** What GitHub answers: `repos/OWNER/NAME/dependabot/alerts`. */
export const dependabot: FindingsFormat = {
  reference: {
    tool: 'Dependabot alerts', rows: ['build.sca'],
    use: 'sh("gh api --paginate repos/{owner}/{repo}/dependabot/alerts > reports/dependabot.json", { findings: { dependabot: "reports/dependabot.json" }, failOn: "high" })',
    severities: '`critical`, `high`, `medium`, `low` by their names. Fixed alerts are none; dismissed ones hold with the comment or reason of whoever dismissed them; those that GitHub dismissed by itself count',
  },
  exitCodes: [],
  async read(document, report) {
    const alerts = shaped(list, await document.json());
    for (const [{ number, state, html_url, dismissed_reason, dismissed_comment, dependency, security_advisory: advisory, security_vulnerability: vulnerability }] of each(alert, alerts, '')) {
      if (state === 'fixed') continue;
      const fixed = vulnerability?.first_patched_version?.identifier;
      const reason = [dismissed_reason, dismissed_comment].filter((part) => part).join(': ');
      report({
        rule: advisory.ghsa_id, severity: severityOfWord(vulnerability?.severity ?? advisory.severity), message: `${dependency.package.name}${vulnerability?.vulnerable_version_range ? ` ${vulnerability.vulnerable_version_range}` : ''}: ${advisory.summary ?? advisory.ghsa_id}`,
        why: [advisory.cve_id, advisory.description].filter((part) => part).join(' '), fix: fixed ? `upgrade ${dependency.package.name} to ${fixed}` : undefined, help: html_url, file: dependency.manifest_path, identity: `alert ${number}`,
        suppressed: state === 'dismissed' && reason !== '' ? { reason, where: `alert ${number}` } : undefined,
      });
    }
    return { tools: [{ name: 'Dependabot' }], scope: [`${alerts.length} alerts`] };
  },
};
