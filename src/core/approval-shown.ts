import { digestOfJson } from '../foundation/digest.ts';
import type { Digest, Instant, Json } from '../foundation/units.ts';
import { changeText, planChanges, type PlanChange } from '../pipeline/plan-changes.ts';
import { originOf, ruleFor, type RuleInForce } from './approval-rule.ts';
import { commitsOf } from './approvers.ts';
import { evidenceOf } from './evidence.ts';
import type { Operators } from './operators.ts';
import type { LiveRecord, PipelineState, Run } from './state.ts';

/** All that an approver is shown of a release. The digest names all of it: what is approved is what was shown. */
export interface ApprovalShown {
  readonly digest: Digest;
  readonly artifact: Digest;
  readonly plan: Digest;
  readonly evidence: Digest;
  readonly attestations: readonly string[];
  readonly rule: RuleInForce;
  /** What is live and is replaced: of several regions, the oldest. Null where nothing is. */
  readonly replaces: { readonly run: string; readonly commit: string; readonly plan: Digest | null } | null;
  readonly commits: readonly { readonly id: string; readonly subject: string; readonly author: string }[];
  /** In which its plan differs from the plan of what it replaces. */
  readonly changes: readonly (PlanChange & { readonly text: string })[];
  readonly waivers: readonly { readonly row: string; readonly reason: string; readonly isNew: boolean }[];
  readonly forgiven: readonly Forgiven[];
  readonly risks: readonly string[];
  readonly expiresAt: Instant;
}

/** Findings of one action that count against no limit. */
export interface Forgiven { readonly stage: string; readonly action: string; readonly standing: Standing; readonly now: number; /** In what is live; null where nothing is. */ readonly before: number | null }

const standings = ['known', 'suppressed'] as const;
type Standing = (typeof standings)[number];

/** @throws {Error} for a run that waits for no approval. */
export function approvalShown(state: PipelineState, run: Run, operators: Operators | undefined): ApprovalShown {
  const { approval, plan, artifact } = run;
  if (!approval || !plan || !artifact) throw new Error(`run ${run.id} was not asked for`);
  const live = oldestLive(state);
  const before = live && originOf(state, live.run);
  const known = new Set((before?.plan?.plan.waivers ?? []).map(({ row }) => row));
  const shown = {
    artifact, plan: plan.digest, evidence: evidenceOf(run),
    attestations: [...new Set(run.evidence.map(({ name }) => name))],
    rule: ruleFor(state, plan.plan, operators),
    replaces: live ? { run: live.run, commit: live.commit, plan: before?.plan?.digest ?? null } : null,
    commits: commitsOf(state, run).map(({ id, subject, author }) => ({ id, subject, author })),
    changes: before?.plan ? planChanges(before.plan.plan, plan.plan).map((change) => ({ ...change, text: changeText(change) })) : [],
    waivers: plan.plan.waivers.map(({ row, reason }) => ({ row, reason, isNew: before === undefined || !known.has(row) })),
    forgiven: forgivenSince(before, run),
    risks: (plan.plan.stages.find(({ name }) => name === 'prod')?.waves ?? []).flatMap(({ name, riskAccepted }) => (riskAccepted === undefined ? [] : [`wave "${name}": ${riskAccepted}`])),
    expiresAt: approval.requested.expiresAt,
  };
  return { ...shown, digest: digestOfJson(shown as unknown as Json) };
}

function oldestLive(state: PipelineState): LiveRecord | undefined {
  return [...state.live].filter(([place]) => place.startsWith('prod/')).map(([, record]) => record).toSorted((a, b) => a.sequence - b.sequence)[0];
}

function forgivenSince(before: Run | undefined, run: Run): readonly Forgiven[] {
  return Object.entries(run.stages).flatMap(([stage, { actions } = { actions: {} }]) => Object.entries(actions).flatMap(([action, { output }]) => standings.flatMap((standing) => {
    const now = forgivenIn(output)[standing];
    const then = before === undefined ? null : forgivenIn(before.stages[stage as keyof Run['stages']]?.actions[action]?.output)[standing];
    return now === 0 ? [] : [{ stage, action, standing, now, before: then }];
  })));
}

/** As the actions that find something give it out, at whatever depth. */
function forgivenIn(output: Json | undefined): { readonly [standing in Standing]: number } {
  if (typeof output !== 'object' || output === null) return { known: 0, suppressed: 0 };
  const { known, suppressed } = output as { readonly known?: Json; readonly suppressed?: Json };
  if (typeof known === 'number' && typeof suppressed === 'number') return { known, suppressed };
  return Object.values(output).map((part: Json) => forgivenIn(part)).reduce((sum, each) => ({ known: sum.known + each.known, suppressed: sum.suppressed + each.suppressed }), { known: 0, suppressed: 0 });
}
