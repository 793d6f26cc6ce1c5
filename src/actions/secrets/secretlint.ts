import { z } from 'zod';
import type { ErrorRecord } from '../../foundation/errors.ts';
import { noneFrom } from '../../reports/names.ts';
import type { Suppression } from '../../reports/report.ts';
import { isDay } from '../../reports/suppression.ts';
import type { ActionKind } from '../action.ts';
import { conclude } from '../findings.ts';
import { foundInHistory, foundNow, idOf, inHistory, isOldId, oldIdOf } from './findings.ts';
import { RULE_SET, type Hit } from './leak.ts';
import { openScanner } from './scanner.ts';
import type { Scans } from './scans.ts';
import { scopeOf, searchFiles, searchHistory } from './search.ts';

const input = z.strictObject({
  history: z.boolean(),
  /** `RULE#DIGEST:PATH` of a secret in a file, `RULE#DIGEST:PATH@COMMIT` of one in history: one secret in one place. */
  ignore: z.array(z.strictObject({ id: z.string().min(1), until: z.string().refine(isDay), reason: z.string().min(1) })).default([]),
});

export type SecretScanInput = z.infer<typeof input>;

interface Place { readonly path: string; readonly commit?: string; readonly hit: Hit }

const MOST_NAMED = 40;
const TOOLS = [{ name: 'secretlint (recommended rules)' }, { name: 'trunkline secrets', version: String(RULE_SET) }];

/**
 * Looks for secrets in every file of the commit, as git holds it, and with `history` in every version of every file
 * before it. Configured by nothing of the commit. One finding fails.
 */
export function secretlintKind(scans: Scans): ActionKind<SecretScanInput> {
  return {
    kind: 'secretlint',
    reads: true,
    input: input as z.ZodType<SecretScanInput>,
    checkout: true,
    caching: ({ history }) => ({ outputs: [], also: history ? ['commit', 'day'] : ['day'] }),
    missing: async () => [],
    async run({ history, ignore }, context) {
      await using scanner = openScanner();
      const now = await searchFiles(context.history.files(context.signal), scanner, context.signal);
      const past = history ? await searchHistory(context.history, scans, scanner, context.signal) : undefined;
      const ignored = new Map<string, Suppression>(ignore.map(({ id, until, reason }) => [id, { until, reason, where: 'build.secrets.ignore' }]));
      const old = inHistory(past?.past ?? [], now.hits);
      const found = [...now.hits.map(({ path, hit }) => foundNow(path, hit)), ...old.map(foundInHistory)];
      const judged = await conclude({ found, tools: TOOLS, scope: scopeOf(now, past), limits: noneFrom('info'), ignored }, context);
      const refused = refusalOf(ignore.map(({ id }) => id), [...now.hits, ...old]);
      return refused ? { ...judged, passed: false, error: refused } : judged;
    },
  };
}

/** An id of an earlier release forgave more than whoever wrote it had seen: it is refused, with those that take its place. */
function refusalOf(ids: readonly string[], places: readonly Place[]): ErrorRecord | undefined {
  const old = ids.filter(isOldId);
  if (old.length === 0) return undefined;
  const lines = old.flatMap((id) => {
    const meant = places.filter(({ path, commit, hit }) => oldIdOf(hit, path, commit) === id).map(({ path, commit, hit }) => idOf(hit, path, commit));
    return meant.length === 0 ? [`${id}: nothing is found by it any more; take it out`] : meant.slice(0, MOST_NAMED).map((each) => `${id} -> ${each}`);
  });
  return {
    code: 'SECRET_IGNORE_AMBIGUOUS', class: 'code', message: `secretlint() ignores ${old.map((id) => JSON.stringify(id)).join(', ')}, which does not name one secret in one place`,
    hint: 'write an id of its own for each secret that you mean, as listed: RULE#DIGEST:PATH, and @COMMIT for history', lastLines: lines,
  };
}
