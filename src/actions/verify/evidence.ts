import type { BuildEvidence } from '../../artifact/expectations.ts';
import type { ActionPlan, Plan } from '../../pipeline/plan.ts';

/** Kinds that report what they found, whatever they are told. */
const REPORTING: ReadonlySet<string> = new Set(['secretlint', 'static-analysis', 'osv']);

/**
 * What Build must have attested of the artifact, as the plan says under which it was built: the unit tests and the SBOM
 * unless they are waived, and each other row whose action reports what it found. A command that reports nothing can
 * prove nothing more than that the stage has passed.
 */
export function buildEvidenceOf(plan: Plan): BuildEvidence {
  const waived = new Set<string>(plan.waivers.map(({ row }) => row));
  const actions = plan.stages.find(({ name }) => name === 'build')?.actions ?? [];
  const reporting = actions.filter(({ row }) => row !== 'build.unit-tests' && row !== 'build.sbom').filter(reports).map(({ row }) => row);
  return {
    tests: [...new Set([...(waived.has('build.unit-tests') ? [] : ['build.unit-tests']), ...reporting])],
    sbom: !waived.has('build.sbom'),
  };
}

function reports({ kind, input }: ActionPlan): boolean {
  const { junit, findings } = (input ?? {}) as { readonly junit?: unknown; readonly findings?: unknown };
  return REPORTING.has(kind) || (kind === 'shell' && (junit !== undefined || findings !== undefined));
}
