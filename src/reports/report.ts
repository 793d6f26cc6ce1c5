import type { Digest, Millis } from '../foundation/units.ts';
import type { Severity } from './names.ts';

/** What a tool found, whatever tool it was: every reader of a standard format gives one of these. */
export type Report = TestReport | CoverageReport | FindingsReport | BillOfMaterials;

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

export interface CoverageReport {
  readonly type: 'coverage';
  readonly name: string;
  readonly lines: Covered;
  readonly branches?: Covered;
  /** Lines that the commit changed and that can be covered; absent where what it changed is not known. */
  readonly changed?: Covered;
  /** Least covered first. */
  readonly files: readonly FileCoverage[];
}

export interface Covered { readonly covered: number; readonly total: number }

export interface FileCoverage {
  readonly file: string;
  readonly lines: Covered;
  /** Lines without a hit, as `first-last` ranges, both inclusive. */
  readonly missed: readonly (readonly [first: number, last: number])[];
  /** Those of them that the commit changed. */
  readonly missedChanged?: readonly (readonly [first: number, last: number])[];
}

export interface FindingsReport {
  readonly type: 'findings';
  readonly name: string;
  readonly tools: readonly { readonly name: string; readonly version?: string }[];
  /** What was looked at, for people: `"212 files"`, `"31,204 advisories of 2026-11-20"`. */
  readonly scope: readonly string[];
  /** How many of each severity count against the limits. */
  readonly counts: { readonly [severity in Severity]: number };
  /** Those that count first, the worst first; at most 10,000. */
  readonly findings: readonly Finding[];
}

/** What a tool says of a place, before it is judged. */
export interface Found {
  /** The rule's short name, such as `sql-injection` or `CVE-2021-23337`. */
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  /** What harm it does. */
  readonly why?: string;
  readonly fix?: string;
  /** A page about the rule. */
  readonly help?: string;
  /** Relative to the repository, with `/`. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly endLine?: number;
  /** How what is dangerous gets there, from its source to the place. */
  readonly steps?: readonly { readonly file: string; readonly line: number; readonly message: string }[];
  /** Of a vulnerable dependency: what it is, and the lowest version that is said to be free of it. */
  readonly dependency?: { readonly ecosystem: string; readonly name: string; readonly version: string; readonly advisories: readonly string[]; readonly fixed?: string };
  /** A tool's own name for this finding that stays when lines move. */
  readonly identity?: string;
  /** A short digest of what was found, where one rule finds different things in one line: a remark names it too, `RULE#MARK`. */
  readonly mark?: string;
  /** By what the configuration's `ignore` names this finding; its rule where there is none. */
  readonly id?: string;
  /** Forgiven in the tool's own way, with the reason that it knows of; it knows no last day. */
  readonly suppressed?: { readonly reason: string; readonly where: string };
}

export interface Finding extends Omit<Found, 'identity' | 'mark' | 'id' | 'suppressed'> {
  /** The same as long as rule, file and the text of the line are; 32 hex digits. */
  readonly fingerprint: string;
  /** `counts`: against the limits. `known`: it stands in the baseline. `suppressed`: with a reason, until a day. */
  readonly standing: 'counts' | 'known' | 'suppressed';
  readonly suppression?: Suppression;
  /** What else should be known, such as that its suppression has expired. */
  readonly note?: string;
}

export interface Suppression {
  readonly reason: string;
  /** The last day on which it holds, `YYYY-MM-DD`, in UTC; `9999-12-31` where a tool knows none. */
  readonly until: string;
  /** Where it is written: `src/db.ts:12`, or a field of the configuration. */
  readonly where: string;
}

export interface BillOfMaterials {
  readonly type: 'sbom';
  readonly format: 'cyclonedx' | 'spdx';
  readonly components: number;
  /** The document itself, in the artifact store. */
  readonly document: Digest;
}
