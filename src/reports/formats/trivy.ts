import { z } from 'zod';
import type { FindingsFormat } from '../format.ts';
import type { Reported } from '../found.ts';
import { each, list, position, shaped, text } from '../shape.ts';
import { severityOfWord } from './scores.ts';

const document = z.object({ SchemaVersion: z.int(), ArtifactName: text, Trivy: z.object({ Version: text }).nullish(), Results: list.nullish() });
const target = z.object({ Target: z.string(), Class: text, Vulnerabilities: list.nullish(), Misconfigurations: list.nullish(), Secrets: list.nullish(), Licenses: list.nullish() });
const vulnerability = z.object({ VulnerabilityID: z.string(), PkgName: z.string(), InstalledVersion: text, FixedVersion: text, Severity: text, Title: text, Description: text, PrimaryURL: text });
const misconfiguration = z.object({ ID: z.string(), AVDID: text, Title: text, Description: text, Message: text, Resolution: text, Severity: text, PrimaryURL: text, Status: text, CauseMetadata: z.object({ StartLine: position, EndLine: position }).nullish() });
const secret = z.object({ RuleID: z.string(), Title: text, Severity: text, StartLine: position, EndLine: position });
const licence = z.object({ Name: z.string(), PkgName: text, FilePath: text, Category: text, Severity: text });

/** `trivy fs --format json`. */
export const trivy: FindingsFormat = {
  reference: {
    tool: 'Trivy', rows: ['build.sca', 'build.secrets', 'build.code-quality'],
    use: 'sh("trivy fs --scanners vuln,secret,misconfig --format json -o reports/trivy.json .", { findings: { trivy: "reports/trivy.json" }, failOn: "high" })',
    severities: '`CRITICAL`, `HIGH`, `MEDIUM`, `LOW` by their names, `UNKNOWN` medium; secrets critical. A misconfiguration of status `PASS` or `EXCEPTION` is none',
  },
  // As it is given with --exit-code, commonly 1.
  exitCodes: [1],
  async read(read, report) {
    const { Trivy, ArtifactName, Results } = shaped(document, await read.json());
    let targets = 0;
    for (const [given, place] of each(target, Results, 'Results')) {
      targets += 1;
      readTarget(given, place, report);
    }
    return { tools: [{ name: 'Trivy', ...(Trivy?.Version ? { version: Trivy.Version } : {}) }], scope: [`${ArtifactName ?? 'the project'}: ${targets} targets`] };
  },
};

function readTarget({ Target, Class, Vulnerabilities, Misconfigurations, Secrets, Licenses }: z.infer<typeof target>, place: string, report: (found: Reported) => void): void {
  // That of a system's packages is the image's name, and no file.
  const file = Class === 'os-pkgs' || Class === 'license' ? undefined : Target;
  for (const [{ VulnerabilityID, PkgName, InstalledVersion, FixedVersion, Severity, Title, Description, PrimaryURL }] of each(vulnerability, Vulnerabilities, `${place}.Vulnerabilities`)) {
    report({
      rule: VulnerabilityID, severity: severityOfWord(Severity), message: `${PkgName} ${InstalledVersion ?? ''}: ${Title ?? VulnerabilityID}`, why: Description, help: PrimaryURL, file,
      fix: FixedVersion ? `upgrade ${PkgName} to ${FixedVersion}` : 'there is no corrected version', identity: `${PkgName}@${InstalledVersion ?? ''}`,
    });
  }
  for (const [{ ID, Title, Description, Message, Resolution, Severity, PrimaryURL, Status, CauseMetadata }] of each(misconfiguration, Misconfigurations, `${place}.Misconfigurations`)) {
    if (Status === 'PASS' || Status === 'EXCEPTION') continue;
    report({ rule: ID, severity: severityOfWord(Severity), message: Message ?? Title ?? ID, why: Description, fix: Resolution, help: PrimaryURL, file, line: CauseMetadata?.StartLine, endLine: CauseMetadata?.EndLine });
  }
  for (const [{ RuleID, Title, StartLine, EndLine }] of each(secret, Secrets, `${place}.Secrets`)) {
    report({ rule: RuleID, severity: 'critical', message: `a secret: ${Title ?? RuleID}`, file, line: StartLine, endLine: EndLine, fix: 'revoke it where it is valid first, then take it out of the code' });
  }
  for (const [{ Name, PkgName, FilePath, Category, Severity }] of each(licence, Licenses, `${place}.Licenses`)) {
    report({ rule: `licence:${Name}`, severity: severityOfWord(Severity), message: `${PkgName || FilePath || 'the project'} is under ${Name}${Category ? ` (${Category})` : ''}`, file: FilePath || undefined, identity: PkgName });
  }
}
