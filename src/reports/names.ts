/** Words that a pipeline's author writes; apart from the readers themselves, so that a configuration loads nothing else. */

/** From worst to least. */
export const severities = ['critical', 'high', 'medium', 'low', 'info'] as const;
export type Severity = (typeof severities)[number];

/** At most so many findings of each severity; a severity without a number has no limit. */
export type Limits = { readonly [severity in Severity]?: number };

/** None of this severity or a worse one. */
export function noneFrom(severity: Severity): Limits {
  return Object.fromEntries(severities.slice(0, severities.indexOf(severity) + 1).map((each) => [each, 0]));
}

/** Formats in which tools write their findings: each is read by the adapter of that name. */
export const findingsFormats = [
  'sarif', 'eslint', 'biome', 'oxlint', 'tsc', 'black', 'checkstyle', 'sonarqube', 'gitleaks', 'ggshield', 'semgrep', 'trivy', 'snyk', 'osv-scanner', 'dependabot', 'npm-audit',
] as const;
export type FindingsFormatName = (typeof findingsFormats)[number];
