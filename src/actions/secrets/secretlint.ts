import { z } from 'zod';
import { noneFrom } from '../../reports/names.ts';
import type { Found, Suppression } from '../../reports/report.ts';
import { isDay } from '../../reports/suppression.ts';
import type { ActionKind } from '../action.ts';
import { conclude } from '../findings.ts';
import { foundInHistory, foundNow } from './findings.ts';
import { RULE_SET } from './leak.ts';
import { openScanner } from './scanner.ts';
import type { Scans } from './scans.ts';
import { scopeOf, searchFiles, searchHistory } from './search.ts';

const input = z.strictObject({
  history: z.boolean(),
  /** `RULE:COMMIT` of a secret in history, `key-file:PATH` or `unscannable-file:PATH` of what has no line for a remark. */
  ignore: z.array(z.strictObject({ id: z.string().min(1), until: z.string().refine(isDay), reason: z.string().min(1) })).default([]),
});

export type SecretScanInput = z.infer<typeof input>;

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
      const found = [...now.hits.map(({ path, hit }) => ignorable(foundNow(path, hit), ignored)), ...foundInHistory(past?.past ?? [], now.hits)];
      return conclude({ found, tools: TOOLS, scope: scopeOf(now, past), limits: noneFrom('info'), ignored }, context);
    },
  };
}

/** A remark beside it is the way to suppress a finding; only what has no lines may be named by its file. */
function ignorable(found: Found, ignored: ReadonlyMap<string, Suppression>): Found {
  const id = `${found.rule}:${found.file}`;
  return ['key-file', 'unscannable-file'].includes(found.rule) && ignored.has(id) ? { ...found, rule: id } : found;
}
