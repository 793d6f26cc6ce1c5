import { z } from 'zod';
import { aside, moduleBeside } from '../../foundation/aside.ts';
import type { ErrorRecord } from '../../foundation/errors.ts';
import type { Json } from '../../foundation/units.ts';
import { type Inspecting, type RowInspection, sourceLimits } from '../../inspection/inspect.ts';
import { LARGEST_BYTES, textOf, type Sources } from '../../inspection/sources.ts';
import type { Plan } from '../../pipeline/plan.ts';
import { BASELINE } from '../../reports/baseline.ts';
import type { Tracked } from '../../source/tracked.ts';
import type { ActionContext, ActionKind } from '../action.ts';
import { conclude } from '../findings.ts';

const input = z.strictObject({});
/** Memory is bounded whatever a commit holds: what lies beyond is said not to have been looked at. */
const MOST_BYTES = 64 * 1024 * 1024;
const AT_ONCE = 200;

export interface Judged {
  /** The files of the commit, from where its own code can't have changed them. */
  readonly tracked: (context: ActionContext) => Tracked;
  /** The whole pipeline of the commit; by default that of the run. */
  readonly plan?: Plan;
  readonly remote?: string;
}

/** Judges every row of Source by the files of the commit; each has its own report, and one that fails stops the run. */
export function sourceRowsKind({ tracked, plan, remote }: Judged): ActionKind<z.infer<typeof input>> {
  return {
    kind: 'source-rows',
    input,
    checkout: true,
    missing: async () => [],
    run: async (_input, context) => {
      const whole = plan ?? context.plan;
      const sources = await sourcesOf(tracked(context), whole, [], context.signal);
      const errors: ErrorRecord[] = [];
      const outputs: { [row: string]: Json } = {};
      for (const { row, what, found } of await inspected({ plan: whole, ...(remote === undefined ? {} : { remote }) }, sources, context.signal)) {
        const verdict = await conclude({ found, tools: [{ name: 'trunkline' }], scope: [what ?? 'nothing', ...(sources.unread === 0 ? [] : [`${sources.unread} files were not looked at: there is more than is read`])], limits: sourceLimits, row, read: async (path) => sources.text(path) }, context);
        if (!verdict.passed) errors.push({ ...verdict.error, message: `${row}: ${verdict.error.message}` });
        else if (what !== undefined) context.log(`${row}: ${what}`);
        outputs[row] = { passed: verdict.passed, ...forgivenIn(verdict.output) };
      }
      const [first] = errors;
      if (first === undefined) return { passed: true, output: outputs };
      const rest = errors.length > 1 ? `; and ${errors.length - 1} more row(s)` : '';
      return { passed: false, output: outputs, error: { ...first, code: 'SOURCE_INCOMPLETE', message: `${first.message}${rest}`, lastLines: errors.flatMap(({ lastLines = [] }) => lastLines).slice(0, 20) } };
    },
  };
}

/** What counts against no limit, for whoever approves. */
function forgivenIn(output: Json | undefined): { readonly known: number; readonly suppressed: number } {
  const { known, suppressed } = (output ?? {}) as { readonly known?: number; readonly suppressed?: number };
  return { known: known ?? 0, suppressed: suppressed ?? 0 };
}

const INSPECTION = moduleBeside(import.meta.url, '../../inspection/inspect');

/** In a thread apart: the commit wrote the patterns, the names and the texts. */
async function inspected(inspecting: Inspecting, { text: _text, texts, ...sources }: ReadSources, signal: AbortSignal): Promise<readonly RowInspection[]> {
  return await aside({ module: INSPECTION, name: 'inspectTexts', given: [inspecting, sources, texts], what: 'judging the files of the commit', signal }) as readonly RowInspection[];
}

export interface ReadSources extends Sources { readonly texts: ReadonlyMap<string, string> }

/** Reads what the rows are judged by, some hundred small files, and what else is asked for. */
export async function sourcesOf(tracked: Tracked, plan: Plan, others: readonly string[], signal: AbortSignal): Promise<ReadSources> {
  const { paths, submodules } = await tracked.list();
  const worth = await aside({ module: INSPECTION, name: 'worthReading', given: [plan, paths], what: 'choosing the files of the commit that are judged', signal }) as readonly string[];
  const wanted = [...new Set([BASELINE, ...others, ...worth])];
  const texts = new Map<string, string>();
  let left = MOST_BYTES;
  let unread = 0;
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    if (left <= 0) {
      unread = wanted.length - at;
      break;
    }
    for (const [path, bytes] of await tracked.read(wanted.slice(at, at + AT_ONCE), LARGEST_BYTES)) {
      left -= bytes.length;
      const text = textOf(bytes);
      if (text !== undefined) texts.set(path, text);
    }
  }
  return { paths, submodules, unread, texts, text: (path) => texts.get(path) };
}
