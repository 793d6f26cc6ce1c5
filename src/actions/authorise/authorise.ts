import { z } from 'zod';
import { signStatement } from '../../artifact/bundle.ts';
import type { Signer } from '../../artifact/keys.ts';
import { ROLLBACK, rollbackAuthorization } from '../../artifact/statement.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Instant, Millis } from '../../foundation/units.ts';
import type { ActionKind } from '../action.ts';

const input = z.strictObject({});

const VALID_FOR: Millis = 3_600_000;

export interface Authorisation { readonly by: string; readonly reason: string; readonly at: Instant }

/**
 * Signs that exactly this older release may replace exactly the one that is live, because a person who may said so.
 * @param asked who asked for the rollback `run`, from the journal.
 */
export function authoriseKind(signer: Signer, asked: (run: string) => Authorisation): ActionKind<z.infer<typeof input>> {
  return {
    kind: 'authorise',
    input,
    checkout: false,
    missing: async () => [],
    run: async (_input, context) => {
      const { release, environment, plan } = context;
      if (!release || !environment) throw new Error('a rollback puts a release back in an environment');
      const states = await Promise.all(environment.regions.map((region) => context.region(region).observe()));
      const live = states.find(({ stable }) => stable)?.stable;
      if (!live) throw new TrunklineError('NOTHING_LIVE', 'refused', `nothing is live in ${environment.name}`, 'there is nothing to roll back');
      const { at, by, reason } = asked(context.run);
      const statement = rollbackAuthorization({ name: plan.application, digest: release.artifact }, {
        environment: environment.name, from: { artifact: live.release.artifact, sequence: live.release.sequence }, sequence: release.sequence, by, reason, at, expiresAt: at + VALID_FOR,
      });
      const digest = await context.artifacts.attest(release.artifact, await signStatement(statement, [signer]), ROLLBACK);
      context.log(`${by} lets release ${release.sequence} replace ${live.release.sequence}: ${reason}`);
      return { passed: true, output: { authorisation: digest } };
    },
  };
}
