import { z } from 'zod';
import { TrunklineError } from '../../foundation/errors.ts';
import { severities, type Severity } from '../../reports/names.ts';
import { baseScore, ratingOf } from './cvss.ts';
import { nameKey } from './components.ts';

/** What is kept of an advisory: only what concerns one package that the application has. */
export interface Advisory {
  readonly id: string;
  /** Its own and those by which others call the same vulnerability. */
  readonly names: readonly string[];
  readonly summary: string;
  readonly severity: Severity;
  /** Nothing in the advisory says how bad it is; it counts as high. */
  readonly isUnrated: boolean;
  readonly ecosystem: string;
  readonly key: string;
  readonly versions: readonly string[];
  readonly ranges: readonly Range[];
  readonly help?: string;
}

export interface Range { readonly type: string; readonly events: readonly Event[] }
export type Event = { readonly kind: 'introduced' | 'fixed' | 'last_affected' | 'limit'; readonly version: string };

const word = z.string().max(1_000);
const rated = z.array(z.object({ type: word, score: word })).max(100).optional();
const stated = z.object({ severity: z.unknown().optional() }).optional();
const schema = z.object({
  id: word.min(1),
  modified: word,
  withdrawn: word.nullish(),
  aliases: z.array(word).max(1_000).nullish(),
  summary: z.string().nullish(),
  details: z.string().nullish(),
  severity: rated.nullish(),
  database_specific: stated.nullish(),
  references: z.array(z.object({ type: word, url: z.string().max(4_000) })).max(10_000).nullish(),
  affected: z.array(z.object({
    package: z.object({ ecosystem: word, name: word }).nullish(),
    severity: rated.nullish(), database_specific: stated.nullish(), ecosystem_specific: stated.nullish(),
    versions: z.array(word).max(100_000).nullish(),
    ranges: z.array(z.object({
      type: word,
      events: z.array(z.object({ introduced: word.optional(), fixed: word.optional(), last_affected: word.optional(), limit: word.optional() })).max(100_000),
    })).max(10_000).nullish(),
  })).max(100_000).nullish(),
});

export interface Read { readonly modified: string; readonly isWithdrawn: boolean; readonly advisories: readonly Advisory[] }

/**
 * One advisory in the OSV format, as far as it concerns packages that are asked for.
 * @param source for people: which file it is.
 * @throws {TrunklineError} `ADVISORY_INVALID`, naming file and field.
 */
export function readAdvisory(value: unknown, source: string, concerns: (key: string) => boolean): Read {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(source, `${issue?.path.join('.') || 'the document'}: ${issue?.message ?? ''}`);
  }
  const { id, modified, withdrawn, aliases, summary, details, affected, references } = parsed.data;
  if (Number.isNaN(Date.parse(modified))) throw invalid(source, `modified: ${JSON.stringify(modified.slice(0, 40))} is no time`);
  if (withdrawn) return { modified, isWithdrawn: true, advisories: [] };
  const help = (references ?? []).find(({ type, url }) => type === 'ADVISORY' && /^https?:\/\//.test(url))?.url;
  const advisories = (affected ?? []).flatMap((each): Advisory[] => {
    // Behind a colon stands a release of it, or a repository.
    const ecosystem = each.package?.ecosystem.split(':')[0] ?? '';
    const key = nameKey(ecosystem, each.package?.name ?? '');
    if (!each.package || !concerns(key)) return [];
    const severity = severityOf(parsed.data, each);
    return [{
      id, names: [id, ...aliases ?? []], summary: oneLine(summary ?? '') || oneLine(details ?? '') || 'no summary', ecosystem, key,
      severity: severity ?? (id.startsWith('MAL-') ? 'critical' : 'high'), isUnrated: severity === undefined && !id.startsWith('MAL-'),
      versions: each.versions ?? [], ranges: (each.ranges ?? []).map(({ type, events }) => ({ type, events: events.flatMap(eventsOf) })), ...(help === undefined ? {} : { help }),
    }];
  });
  return { modified, isWithdrawn: false, advisories };
}

function eventsOf(event: { readonly [kind in Event['kind']]?: string | undefined }): readonly Event[] {
  return (['introduced', 'fixed', 'last_affected', 'limit'] as const).flatMap((kind) => (event[kind] === undefined ? [] : [{ kind, version: event[kind] }]));
}

type Rated = Pick<z.infer<typeof schema>, 'severity' | 'database_specific'>;
type Affected = NonNullable<z.infer<typeof schema>['affected']>[number];

/** The worst that a vector of version 3 gives; else what the database says in a word, which is all that there is for version 4. */
function severityOf(advisory: Rated, affected: Affected): Severity | undefined {
  const scores = [...affected.severity ?? [], ...advisory.severity ?? []].flatMap(({ score }) => baseScore(score) ?? []);
  if (scores.length > 0) return ratingOf(Math.max(...scores));
  for (const { severity } of [affected.ecosystem_specific, affected.database_specific, advisory.database_specific].flatMap((each) => each ?? [])) {
    const said = typeof severity === 'string' ? severity.toLowerCase() : '';
    const known = said === 'moderate' ? 'medium' : severities.find((each) => each === said);
    if (known) return known;
  }
  return undefined;
}

function oneLine(text: string): string {
  return text.slice(0, 2_000).replace(/\s+/g, ' ').trim().slice(0, 300);
}

export function invalid(source: string, why: string): TrunklineError {
  return new TrunklineError('ADVISORY_INVALID', 'code', `the advisory ${source.slice(0, 200)} cannot be read: ${why.slice(0, 300)}`, 'correct it, or fetch the advisories anew: the format is the one of ossf.github.io/osv-schema');
}
