import type { RuleInForce } from './approval-rule.ts';
import type { Operators } from './operators.ts';
import type { PipelineState, Run, SeenCommit } from './state.ts';

/** Who may approve a release now, and who may not though a group would let them. */
export interface Approvers {
  readonly may: readonly string[];
  readonly concerned: readonly { readonly name: string; readonly why: string }[];
  /** One person alone may approve at all: then that person approves also what is their own. */
  readonly isAlone: boolean;
  /** Authors that are none of the people of `operators.json`, as far as git's names and addresses tell. */
  readonly unknown: readonly string[];
}

/** Four eyes: where several may approve, whoever wrote a part of the release or asked for its run may not. */
export function approversOf(state: PipelineState, run: Run, rule: Pick<RuleInForce, 'groups' | 'ownChanges'>, { people }: Operators): Approvers {
  const entitled = Object.keys(people).filter((name) => people[name]?.groups.some((group) => rule.groups.includes(group)));
  const commits = commitsOf(state, run);
  const isKnown = (author: string): boolean => Object.keys(people).some((name) => isBy(author, name, people[name]?.emails));
  const unknown = [...new Set(commits.map(({ author }) => author))].filter((author) => author !== '' && !isKnown(author));
  if (rule.ownChanges || entitled.length < 2) return { may: entitled, concerned: [], isAlone: entitled.length === 1, unknown };
  const asked = new Set([run.by, ...run.retriedBy ?? []]);
  const concerned = entitled.flatMap((name) => {
    if (asked.has(name)) return [{ name, why: 'asked for this run' }];
    const own = commits.find(({ author, contributors = [] }) => [author, ...contributors].some((one) => isBy(one, name, people[name]?.emails)));
    return own ? [{ name, why: `wrote a part of ${own.id.slice(0, 12)}, which is in this release` }] : [];
  });
  return { may: entitled.filter((name) => !concerned.some((one) => one.name === name)), concerned, isAlone: false, unknown };
}

/** The commits that a release brings: from the oldest release that is live in Prod, to its own. */
export function commitsOf(state: PipelineState, run: Run): readonly SeenCommit[] {
  const live = [...state.live].filter(([place]) => place.startsWith('prod/')).map(([, { commit }]) => state.trunk.commits.get(commit)?.place ?? 0);
  const from = live.length === 0 ? 0 : Math.min(...live);
  const own = state.trunk.commits.get(run.commit);
  const range = [...state.trunk.commits.values()].filter(({ place, orphaned }) => !orphaned && place > from && place <= (own?.place ?? 0));
  return own && !range.includes(own) ? [...range, own] : range;
}

/** git's `Name <address>` against a person: by the addresses that the operator lists, by the name, or by the part before the @. */
function isBy(author: string, person: string, emails: readonly string[] = []): boolean {
  const [, name = author, address = ''] = /^\s*(.*?)\s*<([^<>]*)>\s*$/s.exec(author) ?? [];
  const given = address.trim().toLowerCase();
  const key = person.toLowerCase();
  return emails.some((email) => email.toLowerCase() === given) || name.trim().toLowerCase() === key || given.split('@', 1)[0] === key;
}
