import { stillNeeded } from '../core/approval-rule.ts';
import type { PipelineState, Run } from '../core/state.ts';
import { formatDuration, type Instant, type Millis } from '../foundation/units.ts';
import { whenText } from './when.ts';

/** Whether a run waits for people to decide. */
export function waits(state: PipelineState, id: string): boolean {
  const { approval, finished, stages }: Partial<Run> = state.runs.get(id) ?? {};
  return finished === undefined && approval !== undefined && approval.rejected === undefined && stillNeeded(approval) > 0 && stages?.prod?.state === 'running';
}

/** Who is waited for, and since when. */
export function waitingText({ approval }: Run, now: Instant): string {
  if (!approval) return '';
  const { requested } = approval;
  const missing = stillNeeded(approval);
  return `WAITS FOR APPROVAL by ${missing > 1 ? `${missing} of ` : ''}${requested.by.join(' or ')} since ${whenText(requested.at)} (${formatDuration(Math.max(0, now - requested.at))})`;
}

const MINUTE: Millis = 60_000;
const PAUSES: readonly Millis[] = [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE];
const LONGEST: Millis = 60 * MINUTE;

/** When to say again that people are waited for: after a minute, then after ever longer pauses, then every hour. */
export function nextReminder(since: Instant, now: Instant): Instant {
  let at = since;
  for (const pause of PAUSES) {
    at += pause;
    if (at > now) return at;
  }
  return at + (Math.floor((now - at) / LONGEST) + 1) * LONGEST;
}

/** Says who waits at once, and again and again, until it is stopped. */
export class Reminders {
  readonly #tell: (run: Run) => void;
  readonly #waiting: () => readonly Run[];
  readonly #told = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** @param waiting the runs that wait now. */
  constructor(waiting: () => readonly Run[], tell: (run: Run) => void) {
    this.#waiting = waiting;
    this.#tell = tell;
  }

  /** It was said just now, by other means. */
  told(run: string): void {
    this.#told.add(run);
  }

  /** Looks who waits, tells those that are new, and sets the next time. */
  look(now: Instant): void {
    clearTimeout(this.#timer);
    const waiting = this.#waiting();
    for (const run of waiting) {
      if (this.#told.has(run.id)) continue;
      this.#told.add(run.id);
      this.#tell(run);
    }
    const next = Math.min(...waiting.map(({ approval }) => nextReminder(approval?.requested.at ?? now, now)));
    if (next !== Infinity) this.#timer = setTimeout(() => {
      this.#told.clear();
      this.look(next);
    }, Math.max(next - now, 1)).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
