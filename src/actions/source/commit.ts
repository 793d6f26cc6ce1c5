import { z } from 'zod';
import type { ErrorRecord } from '../../foundation/errors.ts';
import type { Tracked } from '../../source/tracked.ts';
import type { ActionContext, ActionKind } from '../action.ts';

const input = z.strictObject({});
const MOST_NAMED = 5;

export interface CommitParts {
  /** @throws {TrunklineError} `NOT_ON_TRUNK` or `SOURCE_GONE`. */
  readonly verify: (commit: string) => Promise<void>;
  readonly tracked: (context: ActionContext) => Tracked;
  /** Whether the operator has said that the folders of submodules may be empty. */
  readonly mayLeaveEmpty: boolean;
}

/** Proves that the commit is on the trunk, and checks it out fresh by its full hash. */
export function commitKind({ verify, tracked, mayLeaveEmpty }: CommitParts): ActionKind<z.infer<typeof input>> {
  return {
    kind: 'commit',
    input,
    checkout: true,
    missing: async () => [],
    run: async (_input, context) => {
      await verify(context.commit);
      context.log(`${context.commit} is on the trunk; checked out fresh`);
      const { submodules } = await tracked(context).list();
      if (submodules.length > 0) {
        if (!mayLeaveEmpty) return { passed: false, error: notFetched(submodules) };
        context.log(`submodules are not fetched, and their folders are empty: ${named(submodules)}`);
      }
      return { passed: true, output: { commit: context.commit } };
    },
  };
}

/** A commit chooses the address of a submodule: fetching it would have the operator's git go wherever a commit says. */
function notFetched(submodules: readonly string[]): ErrorRecord {
  return {
    code: 'SUBMODULE_NOT_FETCHED', class: 'code',
    message: `${named(submodules)} ${submodules.length === 1 ? 'is a submodule, another repository' : 'are submodules, other repositories'}, which Trunkline does not fetch`,
    hint: 'take its files into this repository (git subtree), or depend on it by a package; where the build does well without them, '
      + 'an operator writes "submodules": "leave-empty" to pipeline.json in the state folder',
  };
}

function named(submodules: readonly string[]): string {
  const more = submodules.length > MOST_NAMED ? ` and ${submodules.length - MOST_NAMED} more` : '';
  return submodules.slice(0, MOST_NAMED).map((path) => JSON.stringify(path)).join(', ') + more;
}
