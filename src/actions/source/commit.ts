import { z } from 'zod';
import type { ActionKind } from '../action.ts';

const input = z.strictObject({});

/**
 * Proves that the commit is on the trunk, and checks it out fresh by its full hash.
 * @param verify @throws {TrunklineError} `NOT_ON_TRUNK` or `SOURCE_GONE`.
 */
export function commitKind(verify: (commit: string) => Promise<void>): ActionKind<z.infer<typeof input>> {
  return {
    kind: 'commit',
    input,
    checkout: true,
    missing: async () => [],
    run: async (_input, context) => {
      await verify(context.commit);
      context.log(`${context.commit} is on the trunk; checked out fresh`);
      return { passed: true, output: { commit: context.commit } };
    },
  };
}
