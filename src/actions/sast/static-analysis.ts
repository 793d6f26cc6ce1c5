import { z } from 'zod';
import { textOf } from '../../foundation/text.ts';
import { globMatcher } from '../../foundation/glob.ts';
import { severities } from '../../reports/names.ts';
import type { ActionContext, ActionKind } from '../action.ts';
import { conclude } from '../findings.ts';
import { analyse } from './analysis.ts';
import { rules } from './rules.ts';
import { selected, type Selected } from './selection.ts';
import type { SourceText } from './scan.ts';

const limits = z.partialRecord(z.enum(severities), z.int().min(0));
const input = z.strictObject({ limits, exclude: z.array(z.string().min(1).max(4_096)).max(1_000).optional() });

/** Raised when a rule is added or changed, so that results that were kept are not taken for new ones. */
const RULE_SET = 2;
const TOOLS = [{ name: 'trunkline static analysis', version: String(RULE_SET) }];
const MOST_NAMED = 20;

/**
 * Follows what comes from outside through all JavaScript and TypeScript of the commit, as git holds it: of the
 * application and of its infrastructure. Tests, what tools have made and declarations of types are left out.
 */
export const staticAnalysis: ActionKind<z.infer<typeof input>> = {
  kind: 'static-analysis',
  reads: true,
  input,
  checkout: true,
  missing: async () => [],
  caching: () => ({ inputs: ['**/*.{js,mjs,cjs,jsx,ts,mts,cts,tsx}', '**/package.json'], outputs: [], also: ['day'] }),
  async run(given, context) {
    const { files, left } = await read(given.exclude ?? [], context);
    const { found, incomplete, files: count } = await analyse(files, { signal: context.signal, patience: Math.min(context.timeout, 300_000) });
    const scope = [
      `${count} files of JavaScript and TypeScript, ${Object.keys(rules).length} rules`,
      ...left.map(([why, paths]) => `left out as ${why}: ${paths} files`),
      ...incomplete.slice(0, MOST_NAMED).map(({ path, why }) => `not looked at to its end: ${path} (${why})`),
      ...(incomplete.length > MOST_NAMED ? [`not looked at to their end: ${incomplete.length - MOST_NAMED} files more`] : []),
    ];
    for (const line of scope) context.log(line);
    return conclude({ found, tools: TOOLS, scope, limits: given.limits }, context);
  },
};

const NAMES: { readonly [selection in Selected]?: string } = { test: 'tests', made: 'made by tools or by others', excluded: 'excluded by the configuration' };

async function read(exclude: readonly string[], { history, signal }: ActionContext): Promise<{ readonly files: readonly SourceText[]; readonly left: readonly (readonly [why: string, count: number])[] }> {
  const counts = new Map<string, number>();
  const isExcluded = globMatcher(exclude);
  const isWanted = (path: string): boolean => {
    const selection = selected(path, isExcluded);
    const name = NAMES[selection];
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
    return selection === 'code' || selection === 'manifest';
  };
  const files: SourceText[] = [];
  for await (const { path, bytes } of history.files(signal, isWanted)) files.push({ path, text: textOf(bytes) });
  return { files, left: [...counts] };
}
