import { TrunklineError } from '../foundation/errors.ts';
import type { Event } from '../journal/events.ts';
import { approvalShown } from './approval-shown.ts';
import { approversOf } from './approvers.ts';
import type { Command } from './command.ts';
import type { Asked } from './commands.ts';
import { authorise } from './operators.ts';
import { ruleFor } from './approval-rule.ts';
import { evidenceOf } from './evidence.ts';
import type { PipelineState, Run } from './state.ts';

/**
 * What an approval comes to, by the rights as they are now: whoever has approved and has no longer the right to, or saw
 * something else, does not count with it.
 * @throws {TrunklineError} `NOT_AUTHORISED`, `OWN_CHANGE`, `APPROVAL_STALE`, `APPROVAL_EXPIRED`
 */
export function approving(state: PipelineState, run: Run, command: Extract<Command, { type: 'approve' }>, { operators, user, now }: Asked): { readonly message: string; readonly events: readonly Event[] } {
  const { approval, plan } = run;
  if (!approval || !plan) throw new Error(`run ${run.id} was not asked for`);
  const { requested, given } = approval;
  const rule = ruleFor(state, plan.plan, operators);
  const by = authorise(operators, user, command.as, rule.groups, 'approve this release');
  const approvers = approversOf(state, run, rule, operators);
  const own = approvers.concerned.find(({ name }) => name === by || name === user);
  if (own) {
    throw new TrunklineError('OWN_CHANGE', 'refused', `${by === own.name ? by : `${user} as ${by}`} may not approve this release: ${own.name} ${own.why}`,
      approvers.may.length > 0 ? `${approvers.may.join(' or ')} may; an operator changes that by "trunkline approvers --own-changes allowed"` : 'nobody else may approve it: an operator adds people to operators.json, or says "trunkline approvers --own-changes allowed"');
  }
  const shown = approvalShown(state, run, operators);
  const isOther = requested.evidence !== evidenceOf(run) || (command.evidence ?? requested.evidence) !== requested.evidence || (command.shown ?? shown.digest) !== shown.digest;
  if (isOther) throw new TrunklineError('APPROVAL_STALE', 'refused', 'what waits for approval is not what you were shown', `look again with "trunkline show ${run.id}"`);
  if (now >= requested.expiresAt) throw new TrunklineError('APPROVAL_EXPIRED', 'refused', 'the time to approve is over', `"trunkline retry ${run.id}" asks again`);
  const lapsed = given.filter((one) => !approvers.may.includes(one.by) || (one.shown ?? shown.digest) !== shown.digest).map((one) => one.by);
  if (given.some((other) => !lapsed.includes(other.by) && (other.by === by || other.user === user))) return { message: `${by} has approved already`, events: [] };
  const missing = rule.atLeast - (given.length - lapsed.length) - 1;
  return {
    message: `approved by ${by}${missing > 0 ? `; ${missing} more must approve` : ''}`,
    events: [{
      type: 'approval-given', at: now, run: run.id, by, user, evidence: requested.evidence, shown: shown.digest, atLeast: rule.atLeast,
      ...(lapsed.length === 0 ? {} : { lapsed }), ...(command.text === undefined ? {} : { text: command.text }),
    }],
  };
}
