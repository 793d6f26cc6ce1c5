import { rowIds, type RowId } from '../catalogue/rows.ts';
import { fieldOf } from './field.ts';
import type { Plan, StageName } from './plan.ts';
import { faultsOf, isWaivable } from './rules.ts';
import { globFault, isBranch, NAME, NAME_RULE } from './shape.ts';
import { FIELDS, type ApplicationSpec } from './specification.ts';
import { betaStage, buildStage, gammaStage, prodStage } from './stages.ts';
import type { Use } from './uses.ts';
import { isWaiver } from './waiver.ts';
import { placeOf, Reading, wrong } from './written.ts';

/**
 * The pipeline of one application: what happens to every commit of its trunk, from Source to Prod. It is the default
 * export of `trunkline.config.ts`. A required action that is left out does not compile; `waive("reason")` leaves one
 * out on purpose.
 *
 * @param name of the application: lower-case letters, digits and dashes.
 */
export function application(name: string, spec: ApplicationSpec): Plan {
  const read = new Reading(application, 'application');
  read.matching('name', name, (text) => NAME.test(text), NAME_RULE);
  complete(spec);
  read.matching('trunk', spec.trunk, isBranch, 'write the name of a branch, such as "main"');
  if (spec.concurrency !== undefined) read.oneOf('concurrency', spec.concurrency, ['superseded', 'queued']);
  const plan: Plan = {
    version: 1,
    application: name,
    trunk: spec.trunk,
    source: declaredSources(spec),
    stages: [buildStage(spec), betaStage(spec), gammaStage(spec), prodStage(spec)].map((stage) => ({ ...stage, budgetMs: stageBudget(spec, stage.name) ?? stage.budgetMs })),
    waivers: waiversOf(spec),
    ...wholeBudget(spec),
  };
  const [fault] = faultsOf(plan);
  if (fault) throw wrong(application, fault.field, fault.message, placeOf(valueAt(spec, fault.field)));
  return plan;
}

function stageBudget({ budgets }: ApplicationSpec, stage: StageName): number | undefined {
  if (stage !== 'build' && stage !== 'beta' && stage !== 'gamma') return undefined;
  const given = budgets?.[stage];
  return given === undefined ? undefined : new Reading(application, 'budgets').duration(stage, given, 1_000);
}

/** Left out of the plan where nothing is said of it. */
function wholeBudget({ budgets }: ApplicationSpec): Pick<Plan, 'budgets'> {
  if (budgets === undefined) return {};
  const read = new Reading(application, 'budgets');
  const { total, enforce = false } = read.fields(budgets, ['build', 'beta', 'gamma', 'total', 'enforce']);
  if (typeof enforce !== 'boolean') throw read.wrong('enforce', 'write true or false');
  return { budgets: { enforce, ...(total === undefined ? {} : { totalMs: read.duration('total', total, 1_000) }) } };
}

/** Kinds of action that fit each field; for the rest the schema of the field decides. */
const KINDS: { readonly [field: string]: string | readonly string[] } = {
  'build.code': 'sh', 'build.unitTests': 'sh', 'build.codeQuality': 'sh', 'build.secrets': ['secretlint', 'sh'], 'build.sast': ['staticAnalysis', 'sh'], 'build.sca': ['osv', 'sh'],
  'build.package': 'archive', 'build.sbom': ['npmSbom', 'sh'],
  'beta.database': 'dbmate', 'beta.integrationTests': 'cucumber', 'beta.acceptanceTests': 'playwright',
  'gamma.database': 'dbmate', 'gamma.monitoring': 'alarms', 'gamma.syntheticTests': 'probes',
  'prod.approval': 'approval', 'prod.database': 'dbmate', 'prod.syntheticTests': 'probes',
};
const FUNCTION_OF: { readonly [kind: string]: string } = { shell: 'sh', 'npm-sbom': 'npmSbom', 'static-analysis': 'staticAnalysis' };
const SECTIONS = ['local', 'source', 'build', 'beta', 'gamma', 'prod'] as const;

/** Proves at run time what the type says, for configurations that nobody compiled. */
function complete(spec: ApplicationSpec): void {
  section('application', spec, FIELDS.application);
  for (const name of SECTIONS) {
    const value = spec[name];
    if (value !== undefined) section(name, value, FIELDS[name]);
  }
}

function section(name: string, value: object, known: { readonly [field: string]: boolean }): void {
  new Reading(application, name).fields(value, Object.keys(known));
  const parent = name === 'application' ? '' : `${name}.`;
  for (const [field, required] of Object.entries(known)) {
    const path = `${parent}${field}`;
    const given = (value as { readonly [field: string]: unknown })[field];
    if (given !== undefined) fits(path, given);
    else if (required) throw wrong(application, path, path === 'prod.approval' ? 'it is required, and can\'t be waived; write approval({ … })' : 'it is required; add it, or write waive("reason") where it is an action');
  }
}

function fits(path: string, value: unknown): void {
  if (isWaiver(value)) {
    if (!waivableField(path)) throw wrong(application, path, 'it can\'t be waived', placeOf(value));
    return;
  }
  const expected = [KINDS[path] ?? []].flat();
  const kind = (value as Partial<Use> | null)?.kind;
  if (expected.length > 0 && (kind === undefined || !expected.includes(FUNCTION_OF[kind] ?? kind))) throw wrong(application, path, `write ${expected.map((name) => `${name}(…)`).join(', ')}${path === 'prod.approval' ? '' : ' or waive("reason")'}`, placeOf(value));
  if (path === 'build.unitTests' && (value as Use<string, { junit?: string }>).input.junit === undefined) throw wrong(application, path, 'say where the results are: sh("…", { junit: "reports/unit.xml" })', placeOf(value));
  if (path.endsWith('.environment') && (value as { driver?: unknown } | null)?.driver === undefined) throw wrong(application, path, 'write an environment, made by processes(…)', placeOf(value));
  if (path === 'prod.deploy' && !(Array.isArray(value) && value.length > 0 && value.every((wave) => Array.isArray((wave as { steps?: unknown } | null)?.steps)))) throw wrong(application, path, 'write a list of wave(…)');
}

function waivableField(path: string): boolean {
  return rowIds.some((row) => isWaivable(row) && fieldOf(row) === path) && !path.endsWith('.environment');
}

function declaredSources(spec: ApplicationSpec): Plan['source'] {
  const declared: { [row in RowId]?: string[] } = {};
  for (const row of rowIds.filter((id) => id.startsWith('source.') || id.startsWith('local.'))) {
    const value = valueAt(spec, fieldOf(row));
    if (value === undefined || isWaiver(value)) continue;
    const globs: unknown[] = Array.isArray(value) ? value : [value];
    if (globs.length === 0) throw wrong(application, fieldOf(row), 'write at least one glob');
    declared[row] = globs.map((glob) => {
      const fault = typeof glob === 'string' ? globFault(glob) : 'write a glob, a list of globs, or waive("reason")';
      if (fault !== undefined) throw wrong(application, fieldOf(row), fault);
      return glob as string;
    });
  }
  return declared;
}

/** In the catalogue's order. Where there is no database at all, its rows have nothing to ask for. */
function waiversOf(spec: ApplicationSpec): Plan['waivers'] {
  return rowIds.flatMap((row) => {
    const value = valueAt(spec, fieldOf(row));
    if (isWaiver(value)) return [{ row, reason: value.waived }];
    const stage = /^(beta|gamma|prod)\.database$/.exec(row)?.[1] as 'beta' | 'gamma' | 'prod' | undefined;
    if (stage === undefined || value !== undefined || spec[stage].environment.database !== 'none') return [];
    return [{ row, reason: `the environment ${stage} has no database` }];
  });
}

function valueAt(spec: ApplicationSpec, field: string): unknown {
  return field.split('.').reduce<unknown>((value, key) => (value as { readonly [key: string]: unknown } | undefined)?.[key], spec);
}
