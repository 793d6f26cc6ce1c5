import { z } from 'zod';
import { TrunklineError } from '../foundation/errors.ts';

/**
 * Who may approve, reject and roll back: the operator's file `operators.json` in the state folder, never anything of a
 * commit. `actedBy` lets the named users of the operating system act under another name, which the journal then shows
 * beside their own.
 */
const roles = z.array(z.string().min(1)).min(1);

/** Who approves releases for an environment: so many people of these groups. */
const approvalRule = z.strictObject({
  groups: roles,
  atLeast: z.int().min(1).max(100),
  /** Whether those who wrote a release or asked for its run may approve it where others could: by default they may not. */
  ownChanges: z.enum(['refused', 'allowed']).optional(),
});

export interface ApprovalRule {
  readonly groups: readonly string[];
  readonly atLeast: number;
  readonly ownChanges?: 'refused' | 'allowed' | undefined;
}

export const operatorsSchema = z.strictObject({
  people: z.record(z.string().min(1), z.strictObject({
    groups: z.array(z.string().min(1)),
    actedBy: z.array(z.string().min(1)).optional(),
    /** The addresses under which this person commits. */
    emails: z.array(z.string().min(1)).optional(),
  })),
  /** Pinned as the first plan says it; from then on only an operator changes it, and a commit's plan only narrows it. */
  approvals: z.strictObject({ prod: approvalRule }).partial().optional(),
  /** Who may do what else there is: names and groups. What is left out, whoever can reach the state folder may; for a rollback, who may approve. */
  roles: z.strictObject({ cancel: roles, retry: roles, resume: roles, rollback: roles, down: roles, approvers: roles }).partial().optional(),
  /** Whether production also takes what was built where no namespaces can be made. */
  acceptsUnisolatedBuilds: z.boolean().optional(),
});

export type Operators = z.infer<typeof operatorsSchema>;

/** What may ask for a role of its own. Approving and rejecting ask for a group that the plan names. */
export type Role = keyof NonNullable<Operators['roles']>;

/**
 * Proves that `user` may do what only some may. Until `roles` names anybody, whoever can reach the state folder may: it
 * is open to its owner alone. @throws {TrunklineError} `NOT_AUTHORISED`
 */
export function authoriseRole({ roles: named, people }: Operators, user: string, role: Role, what: string): void {
  const allowed = named?.[role];
  const groups = Object.hasOwn(people, user) ? people[user]?.groups ?? [] : [];
  if (allowed === undefined || allowed.some((one) => one === user || groups.includes(one))) return;
  throw new TrunklineError('NOT_AUTHORISED', 'refused', `${user} may not ${what}: that takes ${allowed.join(' or ')}`, `an operator names others in "roles.${role}" of operators.json in the state folder`);
}

/** The name under which `user` acts. @throws {TrunklineError} `NOT_AUTHORISED` when it is in none of `groups`. */
export function authorise(operators: Operators, user: string, as: string | undefined, groups: readonly string[], what: string): string {
  const name = as ?? user;
  const person = Object.hasOwn(operators.people, name) ? operators.people[name] : undefined;
  const mayAct = name === user || (person?.actedBy ?? []).includes(user);
  if (person && mayAct && groups.some((group) => person.groups.includes(group))) return name;
  const who = name === user ? user : `${user} as ${name}`;
  throw new TrunklineError('NOT_AUTHORISED', 'refused', `${who} may not ${what}: that takes a member of ${groups.join(' or ')}`,
    'an operator adds people to operators.json in the state folder');
}
