import { severities, type Severity } from './names.ts';
import type { Finding, FindingsReport, Suppression } from './report.ts';

export interface SarifOptions {
  /** Findings about security say so by the number that viewers sort such findings by; others must not. */
  readonly security: boolean;
}

/** The name under which a fingerprint of ours stands among those of other tools. */
const FINGERPRINT = 'trunklineFinding/v1';
const LEVELS: { readonly [severity in Severity]: 'error' | 'warning' | 'note' } = { critical: 'error', high: 'error', medium: 'warning', low: 'note', info: 'note' };
/** The middle of what viewers take for each severity; `info` has none. */
const SECURITY: { readonly [severity in Severity]?: string } = { critical: '9.5', high: '8.0', medium: '5.5', low: '2.0' };

/** Findings as a log of SARIF 2.1.0, one run for each report. No line of source code is in it, only where it stands. */
export function sarifLog(reports: readonly (readonly [report: FindingsReport, options: SarifOptions])[]) {
  return { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0' as const, runs: reports.map(([report, options]) => runOf(report, options)) };
}

function runOf({ name, tools, scope, findings }: FindingsReport, options: SarifOptions) {
  const [driver = { name: 'trunkline' }, ...extensions] = tools;
  const ids = [...new Set(findings.map(({ rule }) => rule))];
  const places = new Map(ids.map((id, index) => [id, index]));
  const isCompared = findings.some(({ standing }) => standing === 'known');
  return {
    tool: {
      driver: { ...component(driver), rules: ids.map((id) => ruleOf(id, findings.filter(({ rule }) => rule === id), options)) },
      ...(extensions.length === 0 ? {} : { extensions: extensions.map(component) }),
    },
    automationDetails: { id: `${name}/` },
    columnKind: 'utf16CodeUnits' as const,
    results: findings.map((finding) => resultOf(finding, places.get(finding.rule) ?? -1, isCompared)),
    properties: { scope },
  };
}

function component({ name, version }: FindingsReport['tools'][number]) {
  return { name, ...(version === undefined ? {} : { version }) };
}

function ruleOf(id: string, findings: readonly Finding[], { security }: SarifOptions) {
  const worst = severities.find((severity) => findings.some((each) => each.severity === severity)) ?? 'info';
  const first = <Field extends 'why' | 'fix' | 'help'>(field: Field): string | undefined => findings.find((each) => each[field] !== undefined)?.[field];
  const [why, fix, help] = [first('why'), first('fix'), first('help')];
  const rating = security ? SECURITY[worst] : undefined;
  return {
    id, shortDescription: { text: id },
    ...(why === undefined ? {} : { fullDescription: { text: why } }),
    ...(fix === undefined ? {} : { help: { text: fix } }),
    ...(help !== undefined && isWeb(help) ? { helpUri: help } : {}),
    defaultConfiguration: { level: LEVELS[worst] },
    ...(rating === undefined ? {} : { properties: { 'security-severity': rating, tags: ['security'] } }),
  };
}

function resultOf(finding: Finding, ruleIndex: number, isCompared: boolean) {
  const { rule, severity, message, why, fix, note, fingerprint, standing, suppression, file, steps } = finding;
  return {
    ruleId: rule, ruleIndex, level: LEVELS[severity], message: { text: message },
    ...(file === undefined ? {} : { locations: [{ physicalLocation: placeIn(file, finding) }] }),
    partialFingerprints: { [FINGERPRINT]: fingerprint },
    ...(steps === undefined || steps.length === 0 ? {} : { codeFlows: [{ threadFlows: [{ locations: steps.map((step) => ({ location: { physicalLocation: placeIn(step.file, step), message: { text: step.message } } })) }] }] }),
    ...(suppression ? { suppressions: [suppressionOf(suppression)] } : {}),
    ...(isCompared && standing !== 'suppressed' ? { baselineState: standing === 'known' ? 'unchanged' as const : 'new' as const } : {}),
    properties: { severity, ...(why === undefined ? {} : { why }), ...(fix === undefined ? {} : { fix }), ...(note === undefined ? {} : { note }) },
  };
}

function placeIn(file: string, { line, column, endLine }: { readonly line?: number; readonly column?: number; readonly endLine?: number }) {
  return {
    artifactLocation: { uri: file.split('/').map((part) => encodeURIComponent(part.toWellFormed())).join('/'), uriBaseId: '%SRCROOT%' },
    ...(line === undefined ? {} : { region: { startLine: line, ...(column === undefined ? {} : { startColumn: column }), ...(endLine === undefined ? {} : { endLine }) } }),
  };
}

/** A place with a line is a remark in the code; any other is a field of the configuration. */
function suppressionOf({ reason, until, where }: Suppression) {
  return { kind: /:\d+$/.test(where) ? 'inSource' as const : 'external' as const, justification: reason, properties: { until, where } };
}

function isWeb(address: string): boolean {
  return URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
}
