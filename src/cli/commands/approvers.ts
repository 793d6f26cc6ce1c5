import { ruleText } from '../../core/approval-rule.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import { ask } from '../asking.ts';
import type { Session } from '../command.ts';
import type { Product } from '../product.ts';

interface ApproversOptions { readonly groups?: string; readonly atLeast?: string; readonly ownChanges?: string }

/** `trunkline approvers`: who approves production; with options, who does from now on. */
export async function approvers({ terminal, json, product: open }: Session, options: ApproversOptions): Promise<void> {
  const product = await open();
  const { groups, atLeast, ownChanges } = options;
  if (groups === undefined && atLeast === undefined && ownChanges === undefined) return show({ terminal, json }, product);
  await using stack = new AsyncDisposableStack();
  const { answer } = await ask(product, stack, () => product.scribe(), {
    type: 'approvers', ...(groups === undefined ? {} : { groups: namesIn(groups) }), ...(atLeast === undefined ? {} : { atLeast: countIn(atLeast) }),
    ...(ownChanges === undefined ? {} : { ownChanges: choiceIn(ownChanges) }),
  });
  if (json) terminal.json(answer);
  else terminal.print(answer.message);
}

function show({ terminal, json }: Pick<Session, 'terminal' | 'json'>, product: Product): void {
  const operators = product.operators();
  const rule = operators.approvals?.prod ?? product.state().approvalRule;
  const people = Object.entries(operators.people).map(([name, { groups, actedBy = [], emails = [] }]) => ({ name, groups, actedBy, emails, approves: rule !== undefined && groups.some((group) => rule.groups.includes(group)) }));
  if (json) return terminal.json({ prod: rule === undefined ? null : { ...rule, ownChanges: rule.ownChanges ?? 'refused' }, people });
  terminal.print(rule === undefined ? 'nothing is pinned yet: the first plan that is adopted says who approves' : `prod: ${ruleText(rule)}; own changes: ${rule.ownChanges ?? 'refused'}`);
  if (people.length > 0) terminal.table(['', 'person', 'groups', 'acted by', 'addresses'], people.map(({ name, groups, actedBy, emails, approves }) => [approves ? '✔' : '', name, groups.join(', '), actedBy.join(', '), emails.join(', ')]));
}

function namesIn(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim()).filter((name) => name !== '');
  if (names.length === 0) throw new TrunklineError('APPROVERS_INVALID', 'usage', '--groups names no group', 'write them with commas: --groups operators,leads');
  return [...new Set(names)];
}

function countIn(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 100) return count;
  throw new TrunklineError('APPROVERS_INVALID', 'usage', `--at-least ${JSON.stringify(text)} is no number of people`, 'write a whole number from 1 to 100');
}

function choiceIn(text: string): 'refused' | 'allowed' {
  if (text === 'refused' || text === 'allowed') return text;
  throw new TrunklineError('APPROVERS_INVALID', 'usage', `--own-changes ${JSON.stringify(text)} is no choice`, 'write refused or allowed');
}
