import { join } from 'node:path';
import { z } from 'zod';
import { TrunklineError, type ErrorRecord } from '../../foundation/errors.ts';
import type { Secret } from '../../foundation/secret.ts';
import type { Json, Name } from '../../foundation/units.ts';
import type { ActionContext, ActionKind, ActionResult } from '../action.ts';
import { isRefusal, type Admission } from './admission.ts';
import { readMigrations, type Migration } from './migration.ts';
import { requireVerified } from './verified.ts';
import { Region, type Applied } from './region.ts';
import { dbmateBinary } from './tool.ts';

const input = z.strictObject({
  /** The folder of the migrations, in the repository and in the artifact. */
  directory: z.string().min(1).refine((path) => !path.startsWith('/') && !path.split(/[\\/]/).includes('..'), 'write a path inside the repository'),
});

/**
 * Brings the database of every region of the stage's environment to the artifact's migrations: those that it lacks,
 * one after the other, never back. Nothing is applied anywhere unless it may be applied everywhere.
 */
export const dbmate: ActionKind<z.infer<typeof input>> = {
  kind: 'dbmate',
  input,
  // It applies the artifact's files, never the checkout's.
  checkout: false,

  async missing({ directory }, { repository, tracked, environment }) {
    const findings = environment?.database === 'none' ? [`the environment "${environment.name}" has no database`] : [];
    const below = `${directory.replace(/\/+$/, '')}/`;
    const isTracked = [...tracked].some((path) => path.startsWith(below));
    for (const look of [() => readMigrations(join(repository, directory)), () => dbmateBinary()]) {
      try {
        await look();
      } catch (error) {
        if (!(error instanceof TrunklineError)) throw error;
        findings.push(error.record.message);
      }
    }
    if (findings.length === 0 && !isTracked) findings.push(`git tracks nothing in ${directory}: no release would have it`);
    return findings;
  },

  async run({ directory }, context) {
    const { folder, listing } = await context.files();
    const migrations = await readMigrations(join(folder, directory));
    requireVerified(migrations, directory, listing);
    const databases = await databasesOf(context);
    const regions: Region[] = [];
    try {
      // One after the other and in one order: two runs that each wait for the other's database can't come to be.
      for (const [name, url] of databases) regions.push(await Region.open(name, url, context.signal));
      return await migrate(regions, migrations, context);
    } finally {
      await Promise.all(regions.map((region) => region.close()));
    }
  },
};

async function migrate(regions: readonly Region[], migrations: readonly Migration[], context: ActionContext): Promise<ActionResult> {
  const answers = await Promise.all(regions.map(async (region) => ({ region, answer: await region.admit(migrations) })));
  const admitted: { readonly region: Region; readonly admission: Admission }[] = [];
  const refused: { readonly region: Region; readonly error: ErrorRecord }[] = [];
  for (const { region, answer } of answers) {
    if (isRefusal(answer)) refused.push({ region, error: answer });
    else admitted.push({ region, admission: answer });
  }
  const [refusal] = refused;
  if (refusal) {
    return { passed: false, error: { ...refusal.error, message: `nothing was applied, because in ${refused.map(({ region }) => region.name).join(', ')}: ${refusal.error.message}` } };
  }

  // Each is awaited to its end, whatever becomes of the others: none may be cut off half way.
  const ends = await Promise.allSettled(admitted.map(async ({ region, admission }) => ({ region, admission, ...await region.apply(admission, context) })));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  const outcomes = ends.filter((end) => end.status === 'fulfilled').map(({ value }) => value);
  for (const { region, admission, applied } of outcomes) context.log(summary(region.name, migrations, admission, applied));
  const output: Json = { regions: Object.fromEntries(outcomes.map(({ region, admission, applied }) => [region.name, {
    applied: applied.map((one) => ({ ...one })),
    present: migrations.length - admission.pending.length,
    ahead: admission.ahead,
  }])) };
  const failed = outcomes.find(({ error }) => error !== undefined);
  return failed?.error ? { passed: false, error: failed.error, output } : { passed: true, output };
}

function summary(region: Name, migrations: readonly Migration[], admission: Admission, applied: readonly Applied[]): string {
  const present = migrations.length - admission.pending.length;
  const ahead = admission.ahead.length > 0 ? `; ${admission.ahead.join(', ')} of a later release stay` : '';
  if (admission.pending.length === 0) return `${region}: nothing to apply, all ${present} migrations are there${ahead}`;
  return `${region}: applied ${applied.length} of ${admission.pending.length} migrations; ${present} were there${ahead}`;
}

/** By region, in the order of their names. */
async function databasesOf(context: ActionContext): Promise<readonly (readonly [Name, Secret])[]> {
  const { environment } = context;
  if (!environment) throw new TrunklineError('NO_ENVIRONMENT', 'usage', `the stage ${context.stage} has no environment whose database could be migrated`, 'name one in trunkline.config.ts');
  return Promise.all(environment.regions.toSorted().map(async (region) => {
    const url = await context.region(region).database();
    if (!url) throw new TrunklineError('NO_DATABASE', 'usage', `${environment.name} has no database in ${region}`, 'declare one in the environment, or leave the database action out');
    return [region, url] as const;
  }));
}
