import type { Digest, Millis } from '../foundation/units.ts';

/** What a tool found, whatever tool it was: every reader of a standard format gives one of these. */
export type Report = TestReport | BillOfMaterials;

export interface TestReport {
  readonly type: 'tests';
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly duration: Millis;
  /** Failed ones first; at most 10,000. */
  readonly cases: readonly TestCase[];
}

export interface TestCase {
  readonly suite: string;
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly duration: Millis;
  /** Why it failed: the message and the first lines of the trace. */
  readonly detail?: string;
  readonly file?: string;
  readonly line?: number;
}

export interface BillOfMaterials {
  readonly type: 'sbom';
  readonly format: 'cyclonedx' | 'spdx';
  readonly components: number;
  /** The document itself, in the artifact store. */
  readonly document: Digest;
}
