import { ruleText } from '../core/approval-rule.ts';
import { approvalShown, type ApprovalShown, type Forgiven } from '../core/approval-shown.ts';
import { approversOf, type Approvers } from '../core/approvers.ts';
import type { Operators } from '../core/operators.ts';
import type { PipelineState, Run } from '../core/state.ts';
import type { ChangeSubject } from '../pipeline/plan-changes.ts';
import { waits } from './waiting.ts';

/** A release that waits for approval, as data: what is shown of it, and who may approve it. */
export interface ApprovalTold extends ApprovalShown { readonly approvers: Approvers }

/** Null for a run that does not wait. @param read the operator's file, which is read for one that waits alone. */
export function approvalTold(state: PipelineState, run: Run, read: () => Operators): ApprovalTold | null {
  if (!waits(state, run.id) || !run.artifact) return null;
  const operators = read();
  const shown = approvalShown(state, run, operators);
  return { ...shown, approvers: approversOf(state, run, shown.rule, operators) };
}

/** Of each subject so many changes are shown, so that no crowd of one hides another; all of them are in `--json`. */
const MOST = { changes: 20, commits: 50, evidence: 30 };
const LONGEST = 300;

/** What an approver should see: who may approve, the digests, the commits, and all that changed since the live release. */
export function describeApproval(run: string, told: ApprovalTold): string[] {
  const { artifact, plan, evidence, attestations, replaces, commits, waivers, forgiven, risks, expiresAt } = told;
  return [
    `run ${run} waits for approval by ${ruleText(told.rule)}`,
    ...peopleLines(told),
    `  artifact  ${artifact}`,
    `  plan      ${plan}`,
    `  evidence  ${evidence} (${attestations.length} attestations: ${first(attestations, MOST.evidence).join(', ')})`,
    `  replaces  ${replaces ? `${replaces.commit.slice(0, 12)} of run ${replaces.run}` : 'nothing: there is no baseline yet, and nothing to go back to'}`,
    ...first(commits.map(({ id, subject, author }) => `  commit    ${id.slice(0, 12)} ${clipped(subject)} (${clipped(author)})`), MOST.commits),
    ...changeLines(told),
    ...waivers.filter(({ isNew }) => isNew).map(({ row, reason }) => `  ${replaces ? 'NEW waiver' : 'waiver'}  ${row}: ${clipped(reason)}`),
    ...forgiven.map((one) => `  ${forgivenText(one)}`),
    ...risks.map((risk) => `  RISK      ${clipped(risk)}`),
    `  shown     ${told.digest}`,
    `  expires   ${new Date(expiresAt).toISOString()}`,
  ];
}

function peopleLines({ rule, approvers: { may, concerned, isAlone, unknown } }: ApprovalTold): string[] {
  const asked = rule.asked.groups.length === 0 ? 'nobody' : ruleText(rule.asked);
  return [
    ...(rule.widens ? [`  PLAN WIDENS who approves: it asks for ${clipped(asked)}; the operator's rule holds: ${ruleText(rule)}`] : []),
    `  may       ${may.length === 0 ? 'NOBODY: an operator adds people to operators.json, or allows own changes' : may.join(', ')}${isAlone ? ': the only person who may, so no other looks at it' : ''}`,
    ...concerned.map(({ name, why }) => `  may not   ${name}, who ${why}`),
    ...(may.length < rule.atLeast && may.length > 0 ? [`  TOO FEW   ${rule.atLeast} must approve, and ${may.length} may`] : []),
    ...(unknown.length === 0 || isAlone || rule.ownChanges ? [] : [`  unknown   ${first(unknown.map(clipped), 10).join(', ')}: whether an approver wrote it can't be told; an operator lists addresses in "people.NAME.emails" of operators.json`]),
  ];
}

const TITLES: { readonly [about in ChangeSubject]: string } = {
  approval: 'APPROVAL', alarms: 'ALARMS', waves: 'WAVES', waivers: 'WAIVERS', findings: 'CHECKS', network: 'NETWORK', tools: 'TOOLS', budgets: 'BUDGETS', timeouts: 'TIMEOUTS', other: 'plan',
};

function changeLines({ changes, replaces }: ApprovalTold): string[] {
  if (!replaces) return [];
  if (replaces.plan === null) return ['  CHANGED   the plan of what is live is not known, so nothing can be compared with it'];
  if (changes.length === 0) return ['  changed   nothing in the plan since the live release'];
  return [...Map.groupBy(changes, ({ about }) => about)].flatMap(([about, some]) => first(some.map(({ text }) => `  ${TITLES[about].padEnd(9)} ${clipped(text)}`), MOST.changes));
}

/** `NEW forgiven  build.sast: 12 findings known by the baseline, 3 more than what is live` */
export function forgivenText({ stage, action, standing, now, before }: Forgiven): string {
  const isMore = before !== null && now > before;
  const how = standing === 'known' ? 'known by the baseline' : 'suppressed in the code';
  return `${isMore ? 'NEW forgiven' : 'forgiven'}  ${stage}.${action}: ${now} ${now === 1 ? 'finding' : 'findings'} ${how}${isMore ? `, ${now - before} more than what is live` : ''}`;
}

function first(lines: readonly string[], most: number): string[] {
  return lines.length <= most ? [...lines] : [...lines.slice(0, most), `  … and ${lines.length - most} more: "trunkline show --json" has all`];
}

function clipped(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1).toWellFormed()}…`;
}
