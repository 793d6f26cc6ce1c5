import { Reading, written } from './written.ts';

/** A row that is left out on purpose. It is shown wherever evidence is: by `check`, with a run, at the approval. */
export interface Waiver {
  readonly waived: string;
}

/**
 * Leaves a row of the specification out, and says why. Accepted in place of every action except `prod.approval`.
 * The reason is kept with every release and shown to whoever approves it, so write it for them.
 *
 * @example dast: waive("the platform team scans this application every night, see their runbook")
 */
export function waive(reason: string): Waiver {
  return written(waive, { waived: new Reading(waive, 'waive').text('reason', reason, 500).trim() });
}

export function isWaiver(value: unknown): value is Waiver {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Waiver>).waived === 'string';
}

/** What `trunkline init` writes as a reason, for a person to replace. */
export const PLACEHOLDER = '…say why…';
