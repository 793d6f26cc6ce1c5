import { z } from 'zod';
import { isDigest } from '../../foundation/digest.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Digest, Json } from '../../foundation/units.ts';
import { severities, type Limits } from '../../reports/names.ts';
import type { Suppression } from '../../reports/report.ts';
import { isDay } from '../../reports/suppression.ts';
import type { ActionContext, ActionKind } from '../action.ts';
import { conclude } from '../findings.ts';
import { readBill } from './components.ts';
import type { Feed } from './feed.ts';
import { licenceFindings } from './licences.ts';
import { readManifests } from './manifests.ts';
import { findingOf, matchesOf, nameOf, unmatchedOf, type Match } from './match.ts';
import { readSource, type Source } from './source.ts';

const input = z.strictObject({
  advisories: z.string().min(1).refine((where) => where.startsWith('https://') || (!/^[a-z]+:/i.test(where) && !where.startsWith('/') && !where.split(/[\\/]/).includes('..')), 'write a path inside the repository, or an https: address'),
  limits: z.partialRecord(z.enum(severities), z.number().int().min(0)) as z.ZodType<Limits>,
  licences: z.array(z.string().min(1)).optional(),
  ignore: z.array(z.strictObject({ id: z.string().min(1), until: z.string().refine(isDay), reason: z.string().min(1) })),
});

export type DependencyInput = z.infer<typeof input>;

/** Matches the bill of materials of this build against advisories in the OSV format, and its licences against a policy. */
export function osvKind(feed: Feed): ActionKind<DependencyInput> {
  return {
    kind: 'osv',
    reads: true,
    input,
    checkout: true,
    // What an address gives is new every hour.
    caching: ({ advisories }) => (advisories.startsWith('https://') ? undefined : { outputs: [], also: ['day'] }),
    missing: async ({ advisories }, { tracked }) => {
      if (advisories.startsWith('https://')) return [];
      const isTracked = tracked.has(advisories) || [...tracked].some((path) => path.startsWith(`${advisories.replace(/\/+$/, '')}/`));
      return isTracked ? [] : [`git tracks no advisories at ${advisories}`];
    },
    async run({ advisories: where, limits, licences, ignore }, context) {
      const bill = await readBill(context.artifacts, billIn(context.outputs));
      const keys = new Set(bill.components.map(({ key }) => key));
      const source = await readSource(where, { history: context.history, feed, now: context.clock.wall(), signal: context.signal }, (key) => keys.has(key));
      const matches = matchesOf(bill.components, source.advisories);
      const placeOf = await readManifests(context.history, bill.components, context.signal);
      const found = [
        ...matches.map((match) => findingOf(match, bill, placeOf)), ...unmatchedOf(bill.components),
        ...(licences === undefined ? [] : licenceFindings(bill, licences, placeOf)),
      ];
      const result = await conclude({ found, tools: [{ name: 'trunkline osv' }], scope: scopeOf(bill.components.length, source, licences), limits, ignored: ignoredOf(ignore, matches) }, context);
      tell(source, context);
      return result;
    },
  };
}

/** @throws {TrunklineError} `SBOM_NEEDED` */
function billIn(outputs: ActionContext['outputs']): Digest {
  for (const output of Object.values(outputs)) {
    const digest = typeof output === 'object' && output !== null && !Array.isArray(output) ? (output as { readonly [field: string]: Json })['cyclonedx'] : undefined;
    if (typeof digest === 'string' && isDigest(digest)) return digest;
  }
  throw new TrunklineError('SBOM_NEEDED', 'usage', 'osv() matches the bill of materials, and "build.sbom" has made none', 'use npmSbom(), or sh() with "sbom", for "build.sbom"');
}

/** By whatever name of the vulnerability the configuration says. */
function ignoredOf(ignore: DependencyInput['ignore'], matches: readonly Match[]): ReadonlyMap<string, Suppression> {
  return new Map(ignore.flatMap(({ id, until, reason }): [string, Suppression][] => {
    const rules = matches.filter(({ advisories }) => advisories.some(({ names }) => names.includes(id))).map(nameOf);
    return [id, ...rules].map((rule) => [rule, { until, reason, where: 'build.sca.ignore' }]);
  }));
}

function scopeOf(components: number, { count, newest, notes }: Source, licences: readonly string[] | undefined): readonly string[] {
  return [
    `${components} components`, `${count} advisories, the newest of ${new Date(newest).toISOString().slice(0, 10)}`, ...notes,
    licences === undefined ? 'licences were not looked at: osv({ licences }) names none' : `${licences.length} licences are allowed`,
  ];
}

function tell({ notes }: Source, context: ActionContext): void {
  for (const note of notes) context.log(`note: ${note}`);
}
