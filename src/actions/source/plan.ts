import { z } from 'zod';
import type { Json } from '../../foundation/units.ts';
import { planDigest, type Plan } from '../../pipeline/plan.ts';
import type { ActionContext, ActionKind } from '../action.ts';

const input = z.strictObject({});

/** Evaluates the pipeline as it is written at the commit: code of the commit, so it runs in the cell. */
export function planKind(evaluate: (context: ActionContext) => Promise<Plan>): ActionKind<z.infer<typeof input>> {
  return {
    kind: 'plan',
    input,
    checkout: true,
    missing: async () => [],
    run: async (_input, context) => {
      const plan = await evaluate(context);
      const digest = planDigest(plan);
      context.log(`plan ${digest}`);
      for (const { row, reason } of plan.waivers) context.log(`waived ${row}: ${reason}`);
      return { passed: true, output: { digest, plan: plan as unknown as Json } };
    },
  };
}
