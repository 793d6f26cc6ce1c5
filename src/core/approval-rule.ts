import { approvalInput, type ApprovalInput, type Plan } from '../pipeline/plan.ts';
import type { Event, EventOf } from '../journal/events.ts';
import type { Instant } from '../foundation/units.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { Command } from './command.ts';
import { authoriseRole, type ApprovalRule, type Operators } from './operators.ts';
import type { Approval, PipelineState, Run } from './state.ts';

/**
 * Who approves a release. The rule is the operator's: it is pinned in `operators.json`, first as the first plan says it,
 * and a commit's plan can only narrow it.
 */
export interface RuleInForce {
  readonly groups: readonly string[];
  readonly atLeast: number;
  /** Whether who wrote or asked for a release may approve it. */
  readonly ownChanges: boolean;
  /** What the plan asks for. */
  readonly asked: { readonly groups: readonly string[]; readonly atLeast: number };
  /** The plan asks for other groups, or for fewer people, than the pinned rule: in this it is not followed. */
  readonly widens: boolean;
}

export function ruleInForce(pinned: ApprovalRule | undefined, { by, atLeast }: Pick<ApprovalInput, 'by' | 'atLeast'>): RuleInForce {
  const asked = { groups: by, atLeast };
  if (!pinned) return { ...asked, ownChanges: false, asked, widens: false };
  const isSubset = by.length > 0 && by.every((group) => pinned.groups.includes(group));
  return {
    groups: isSubset ? by : pinned.groups, atLeast: Math.max(pinned.atLeast, atLeast), ownChanges: pinned.ownChanges === 'allowed',
    asked, widens: !isSubset || atLeast < pinned.atLeast,
  };
}

/** The rule for a run, by the operator's file as it is read now. */
export function ruleFor(state: PipelineState, plan: Plan, operators: Operators | undefined): RuleInForce {
  return ruleInForce(operators?.approvals?.prod ?? pinnedRule(state), plannedApproval(plan) ?? { by: [], atLeast: 1 });
}

/** The rule as the journal last said it; before that, what the release that is live obeyed, or else the first plan. */
export function pinnedRule(state: PipelineState): ApprovalRule | undefined {
  if (state.approvalRule) return state.approvalRule;
  const live = [...state.live].find(([place]) => place.startsWith('prod/'))?.[1].run;
  const plans = [live === undefined ? undefined : originOf(state, live), ...state.runs.values()].flatMap((run) => (run?.plan ? [run.plan.plan] : []));
  const first = plans.flatMap((plan) => plannedApproval(plan) ?? [])[0];
  return first && { groups: first.by, atLeast: first.atLeast };
}

/** The run whose release a run brings: of a rollback, the one that it puts back. */
export function originOf(state: PipelineState, id: string): Run | undefined {
  const run = state.runs.get(id);
  return run?.restores === undefined ? run : originOf(state, run.restores);
}

export function plannedApproval(plan: Plan): ApprovalInput | undefined {
  const input = plan.stages.flatMap(({ actions }) => actions).find(({ kind }) => kind === 'approval')?.input;
  return approvalInput.safeParse(input).data;
}

/** The pin itself: it follows from the first plan that is adopted, once. */
export function firstPin(state: PipelineState, now: Instant): readonly Event[] {
  if (state.approvalRule) return [];
  const rule = pinnedRule(state);
  return rule ? [ruleSet(rule, 'trunkline', now)] : [];
}

/** What the operator's file says of it, where the journal does not know that yet: no change goes unrecorded, whoever made it. */
export function ruleSeen(state: PipelineState, operators: Operators, now: Instant): readonly Event[] {
  const rule = operators.approvals?.prod;
  return rule === undefined || isSame(rule, state.approvalRule) ? [] : [ruleSet(rule, 'operators.json', now)];
}

export function ruleSet({ groups, atLeast, ownChanges = 'refused' }: ApprovalRule, by: string, at: Instant): EventOf<'approval-rule-set'> {
  return { type: 'approval-rule-set', at, environment: 'prod', groups, atLeast, ownChanges, by };
}

/** The rule that an operator asks for. @throws {TrunklineError} `NOT_AUTHORISED`, `RULE_UNKNOWN` */
export function ruleAsked(state: PipelineState, operators: Operators, { groups, atLeast, ownChanges }: Extract<Command, { type: 'approvers' }>, user: string): ApprovalRule {
  authoriseRole(operators, user, 'approvers', 'change who approves');
  const known = operators.approvals?.prod ?? pinnedRule(state);
  const named = groups ?? known?.groups;
  if (named === undefined) throw new TrunklineError('RULE_UNKNOWN', 'usage', 'no plan was adopted yet, so nothing is known of who approves', 'name the groups: trunkline approvers --groups operators --at-least 1');
  return { groups: named, atLeast: atLeast ?? known?.atLeast ?? 1, ownChanges: ownChanges ?? known?.ownChanges ?? 'refused' };
}

/** In words: `2 of operators or leads`. */
export function ruleText({ groups, atLeast }: Pick<ApprovalRule, 'groups' | 'atLeast'>): string {
  return `${atLeast} of ${groups.join(' or ')}`;
}

function isSame(a: ApprovalRule, b: ApprovalRule | undefined): boolean {
  return b !== undefined && a.atLeast === b.atLeast && (a.ownChanges ?? 'refused') === (b.ownChanges ?? 'refused')
    && a.groups.length === b.groups.length && a.groups.every((group, index) => group === b.groups[index]);
}

/** How many are still to approve, by the rule as it was at the last decision. */
export function stillNeeded({ requested, given }: Approval): number {
  return Math.max(0, approvalsNeeded({ requested, given }) - given.length);
}

export function approvalsNeeded({ requested, given }: Approval): number {
  return given.at(-1)?.atLeast ?? requested.atLeast;
}
