import { z } from 'zod';
import type { ActionKind } from '../../actions/action.ts';
import type { Json } from '../../foundation/units.ts';
import { parsePlan, planInvalid, type ActionPlan, type Plan } from '../../pipeline/plan.ts';
import { faultsOf } from '../../pipeline/rules.ts';

/** What the core carries out itself; the input of an approval is judged by the rules. */
const CORE_INPUTS: { readonly [kind: string]: z.ZodType } = { approval: z.unknown(), rollout: z.strictObject({}) };

/**
 * The plan that a run is to obey, judged as a whole and here, in the control plane: whoever made it may have been the
 * commit itself. @throws {TrunklineError} `PLAN_INVALID`, naming what is at fault.
 */
export function adopted(value: Json | undefined, kinds: ReadonlyMap<string, ActionKind>): Plan {
  const plan = parsePlan(value);
  const faults = [
    ...faultsOf(plan).map(({ field, message }) => `${field}: ${message}`),
    ...plan.stages.flatMap(({ name, actions }) => actions.flatMap((action) => inputFaults(action, kinds).map((fault) => `${name}.${action.name}: ${fault}`))),
  ];
  if (faults.length > 0) throw planInvalid(faults);
  return plan;
}

function inputFaults({ kind, input }: ActionPlan, kinds: ReadonlyMap<string, ActionKind>): readonly string[] {
  const schema = kinds.get(kind)?.input ?? (Object.hasOwn(CORE_INPUTS, kind) ? CORE_INPUTS[kind] : undefined);
  if (!schema) return [`there is no action of kind "${kind}"`];
  const parsed = schema.safeParse(input);
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'its input'}: ${message}`);
}
