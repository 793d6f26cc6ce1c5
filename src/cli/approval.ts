import type { PipelineState, Run } from '../core/state.ts';

/** What an approver should see: the digest, the commits, the evidence, and every waiver that is new since the live release. */
export function describeApproval(state: PipelineState, run: Run): string[] {
  const { approval, plan, evidence } = run;
  if (!approval || !plan) return [];
  const live = [...state.live].find(([place]) => place.startsWith('prod/'))?.[1];
  const before = live && state.runs.get(live.run);
  const from = before ? state.trunk.commits.get(before.commit)?.place ?? 0 : 0;
  const to = state.trunk.commits.get(run.commit)?.place ?? 0;
  const commits = [...state.trunk.commits.values()].filter(({ place, orphaned }) => place > from && place <= to && !orphaned);
  const known = new Set((before?.plan?.plan.waivers ?? []).map(({ row }) => row));
  const waivers = plan.plan.waivers.filter(({ row }) => before === undefined || !known.has(row));
  return [
    `run ${run.id} waits for approval by ${approval.requested.by.join(' or ')}`,
    `  artifact  ${approval.requested.artifact}`,
    `  plan      ${approval.requested.plan}`,
    `  evidence  ${approval.requested.evidence} (${evidence.length} attestations: ${[...new Set(evidence.map(({ name }) => name))].join(', ')})`,
    `  replaces  ${before ? `${before.commit.slice(0, 12)} of run ${before.id}` : 'nothing: there is no baseline yet, and nothing to go back to'}`,
    ...commits.map(({ id, subject, author }) => `  commit    ${id.slice(0, 12)} ${subject} (${author})`),
    ...waivers.map(({ row, reason }) => `  ${before ? 'NEW waiver' : 'waiver'}  ${row}: ${reason}`),
    ...risks(run).map((risk) => `  RISK      ${risk}`),
    `  expires   ${new Date(approval.requested.expiresAt).toISOString()}`,
  ];
}

/** What the plan takes on itself: waves that expose more at once than the rules advise. */
function risks(run: Run): string[] {
  const waves = run.plan?.plan.stages.find(({ name }) => name === 'prod')?.waves ?? [];
  return waves.flatMap(({ name, riskAccepted }) => (riskAccepted === undefined ? [] : [`wave "${name}": ${riskAccepted}`]));
}
