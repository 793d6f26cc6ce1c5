import { z } from 'zod';
import type { FindingsFormat } from '../format.ts';
import type { Reported } from '../found.ts';
import { ReportFault } from '../json.ts';
import { each, list, shaped } from '../shape.ts';
import { placesOf, type Places } from './sarif-places.ts';
import { rulesOf, type Rule, type Rules } from './sarif-rules.ts';
import { component, result, run, type Result, type Run } from './sarif-shapes.ts';
import { severityOfScore } from './scores.ts';

/** SARIF 2.1.0: what CodeQL writes, and what most tools can. */
export const sarif: FindingsFormat = {
  reference: {
    tool: 'SARIF 2.1.0', rows: ['build.sast', 'build.code-quality', 'build.secrets', 'build.sca'], recorded: 'sarif',
    use: 'sh("npx eslint . -f @microsoft/eslint-formatter-sarif -o reports/lint.sarif", { findings: { sarif: "reports/lint.sarif" } })',
    severities: 'by the rule\'s `security-severity` where it is given (9 critical, 7 high, 4 medium, more than 0 low); else by level: `error` high, `warning` medium, `note` low, `none` info. A result of `kind` `pass` or `notApplicable` is none. A suppression holds only with its `justification`; without one the result counts',
  },
  exitCodes: [1],
  async read(document, report) {
    const { version, runs, inlineExternalProperties } = shaped(z.object({ version: z.string(), runs: list, inlineExternalProperties: z.array(z.object({ results: list.nullish() })).nullish() }), await document.json());
    if (!version.startsWith('2.')) throw new ReportFault('version', `it is SARIF ${version.slice(0, 20)}, and 2.1.0 is read`);
    const apart = (inlineExternalProperties ?? []).findIndex(({ results }) => (results?.length ?? 0) > 0);
    if (apart >= 0) throw new ReportFault(`inlineExternalProperties[${apart}].results`, 'its results stand beside the runs: have the tool write them into the run');
    if (runs.length === 0) throw new ReportFault('runs', 'it holds no run of any tool');
    const tools = [];
    const scope: string[] = [];
    for (const [given, place] of each(run, runs, 'runs')) {
      requireWhole(given, place);
      const driver = shaped(component, given.tool.driver, `${place}.tool.driver`);
      const version = driver.semanticVersion ?? driver.version;
      tools.push({ name: driver.name, ...(version ? { version } : {}) });
      const context = { tool: driver.name, rules: rulesOf(given, driver, place), places: placesOf(given, place) };
      for (const [one, at] of each(result, given.results, `${place}.results`)) {
        const found = foundOf(one, context, at);
        if (found) report(found);
      }
      if (given.artifacts && given.artifacts.length > 0) scope.push(`${given.artifacts.length} files`);
    }
    return { tools, scope };
  },
};

/** A tool that broke off has not found nothing. */
function requireWhole({ results, invocations, externalPropertyFileReferences }: Run, place: string): void {
  if ((externalPropertyFileReferences?.results?.length ?? 0) > 0) throw new ReportFault(`${place}.externalPropertyFileReferences.results`, 'its results lie in other files: have the tool write one file');
  if (results === null) throw new ReportFault(`${place}.results`, 'it is null: the tool says that it could not run');
  const failed = (invocations ?? []).findIndex(({ executionSuccessful }) => executionSuccessful === false);
  if (failed >= 0) throw new ReportFault(`${place}.invocations[${failed}]`, 'the tool says that it failed');
}

interface Context { readonly tool: string; readonly rules: Rules; readonly places: Places }

function foundOf(given: Result, { tool, rules, places }: Context, at: string): Reported | undefined {
  // What is absent was there before, and is gone.
  if (given.kind === 'pass' || given.kind === 'notApplicable' || given.baselineState === 'absent') return undefined;
  const rule = rules.of(given);
  const [place] = places.of(given.locations, `${at}.locations`);
  return {
    rule: rule.id ?? given.ruleId ?? tool, severity: severityOf(given, rule), message: messageOf(given, rule),
    why: [rule.description, rule.weaknesses.join(', ')].filter((part) => part !== undefined && part !== '').join(' '), fix: given.fixes?.[0]?.description?.text ?? rule.advice, help: rule.page,
    ...place, steps: places.steps(given, at), identity: identityOf(given), suppressed: suppressedBy(given, tool),
  };
}

const LEVELS = { error: 'high', warning: 'medium', note: 'low', none: 'info' } as const;

function severityOf(given: Result, rule: Rule): Reported['severity'] {
  if (given.kind && given.kind !== 'fail') return 'info';
  const score = Number(given.properties?.['security-severity'] ?? rule.score ?? Number.NaN);
  return severityOfScore(score) ?? LEVELS[given.level ?? rule.level ?? 'warning'];
}

/** In the text of a rule `{0}` stands for the first argument, and `[text](3)` for a link to a related place. */
function messageOf({ message }: Result, rule: Rule): string {
  const template = message.text ?? rule.message(message.id) ?? rule.description ?? '';
  const filled = template.replaceAll(/\{(\d{1,3})\}/g, (all, index: string) => message.arguments?.[Number(index)] ?? all);
  return filled.replaceAll(/\[([^\]\n]{1,500})\]\(\d{1,5}\)/g, '$1');
}

function identityOf({ fingerprints, partialFingerprints }: Result): string | undefined {
  // Semgrep writes this in its place for those who have no account.
  const given = Object.entries({ ...fingerprints, ...partialFingerprints }).filter(([, value]) => value !== 'requires login' && value !== '');
  const chosen = given.find(([name]) => name.startsWith('primaryLocationLineHash')) ?? given.sort(([a], [b]) => a.localeCompare(b, 'en'))[0];
  return chosen?.[1];
}

function suppressedBy({ suppressions }: Result, tool: string): Reported['suppressed'] {
  // One that is under review or rejected takes the others back, as the standard has it.
  if (suppressions?.some(({ status }) => (status ?? 'accepted') !== 'accepted')) return undefined;
  const accepted = suppressions?.find(({ justification }) => justification && justification.trim() !== '');
  return accepted ? { reason: accepted.justification!, where: `the report of ${tool}` } : undefined;
}
