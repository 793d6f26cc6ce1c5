import type { PipelineState, Run } from '../core/state.ts';
import type { Json } from '../foundation/units.ts';

/** What an approver should see: the digest, the commits, the evidence, and every waiver and forgiven finding that is new since the live release. */
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
    ...forgivenSince(before, run).map((line) => `  ${line}`),
    ...risks(run).map((risk) => `  RISK      ${risk}`),
    `  expires   ${new Date(approval.requested.expiresAt).toISOString()}`,
  ];
}

type Forgiven = { readonly [standing in 'known' | 'suppressed']: number };

/** Findings that count against no limit, by action, and by how many they have grown. */
function forgivenSince(before: Run | undefined, run: Run): string[] {
  return Object.entries(run.stages).flatMap(([stage, { actions } = { actions: {} }]) => Object.entries(actions).flatMap(([action, { output }]) => (['known', 'suppressed'] as const).flatMap((standing) => {
    const now = forgivenIn(output)[standing];
    const then = forgivenIn(before?.stages[stage as keyof Run['stages']]?.actions[action]?.output)[standing];
    if (now === 0) return [];
    const how = standing === 'known' ? 'known by the baseline' : 'suppressed in the code';
    return [`${before && now > then ? 'NEW forgiven' : 'forgiven'}  ${stage}.${action}: ${now} ${now === 1 ? 'finding' : 'findings'} ${how}${before && now > then ? `, ${now - then} more than what is live` : ''}`];
  })));
}

/** As the actions that find something give it out, at whatever depth. */
function forgivenIn(output: Json | undefined): Forgiven {
  if (typeof output !== 'object' || output === null) return { known: 0, suppressed: 0 };
  const { known, suppressed } = output as { readonly known?: Json; readonly suppressed?: Json };
  if (typeof known === 'number' && typeof suppressed === 'number') return { known, suppressed };
  return Object.values(output).map((part: Json) => forgivenIn(part)).reduce((sum, each) => ({ known: sum.known + each.known, suppressed: sum.suppressed + each.suppressed }), { known: 0, suppressed: 0 });
}

/** What the plan takes on itself: waves that expose more at once than the rules advise. */
function risks(run: Run): string[] {
  const waves = run.plan?.plan.stages.find(({ name }) => name === 'prod')?.waves ?? [];
  return waves.flatMap(({ name, riskAccepted }) => (riskAccepted === undefined ? [] : [`wave "${name}": ${riskAccepted}`]));
}
