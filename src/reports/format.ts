import type { ReportDocument } from './document.ts';
import type { Reported } from './found.ts';
import type { FindingsReport } from './report.ts';

/** How the findings of one tool, or of one standard, are read. */
export interface FindingsFormat {
  readonly reference: Reference;
  /** Exit codes by which the tool says that it found something, as it documents them: then the findings decide. */
  readonly exitCodes: readonly number[];
  /** @throws {ReportFault} naming the place of what is wrong. */
  read(document: ReportDocument, report: (found: Reported) => void): Promise<ToolReport>;
}

export interface ToolReport {
  readonly tools: FindingsReport['tools'];
  /** What the tool says it looked at, and what it left out. */
  readonly scope: readonly string[];
}

/** What the reference page says of a tool. */
export interface Reference {
  readonly tool: string;
  /** Rows of the specification that it serves, such as `build.sast`. */
  readonly rows: readonly string[];
  /** As it stands in `trunkline.config.ts`. */
  readonly use: string;
  /** Which of its severities is which of ours. */
  readonly severities: string;
  /** The folder of test/recorded with output of the tool itself; absent where the reader follows what is published. */
  readonly recorded?: string;
}
