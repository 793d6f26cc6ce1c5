import { ruleText } from '../core/approval-rule.ts';
import { evolve } from '../core/evolve.ts';
import { emptyState, instantAt, type PipelineState, type Run } from '../core/state.ts';
import type { Origin, Recorded } from '../journal/events.ts';
import { formatDuration, type Millis } from '../foundation/units.ts';
import type { Conductor } from '../server/client.ts';
import type { Terminal } from './terminal.ts';
import { budgetLine } from './budget-line.ts';
import { retriedLine } from './owed-again.ts';
import { cachedText, treeOf } from './tree.ts';
import { Reminders, waitingText, waits } from './waiting.ts';
import { clockText } from './when.ts';

const DRAW_EVERY = 120;

export interface Following {
  readonly terminal: Terminal;
  readonly conductor: Conductor;
  /** Only this run; all runs where there is none. */
  readonly run?: string;
  /** Asked after each event from place `from` on; following ends when it says so. */
  readonly until: (state: PipelineState) => boolean;
  /** Where the state is as it was when following began: what it was before decides nothing. */
  readonly from?: number;
  /** Events up to here are history and are not told again. */
  readonly after: number;
  readonly signal: AbortSignal;
  readonly quiet?: boolean;
}

/** Shows what happens as it happens: a live tree on a terminal, plain lines elsewhere. Resolves with the last state. */
export async function follow({ terminal, conductor, run, until, from = 0, after, signal, quiet = false }: Following): Promise<PipelineState> {
  const state = emptyState();
  const stop = new AbortController();
  const isLive = terminal.isLive && !quiet;
  let drawn = 0;
  const draw = (): void => {
    const runs = run === undefined ? [...state.unfinished].flatMap((id) => state.runs.get(id) ?? []) : [state.runs.get(run)].filter((one): one is Run => one !== undefined);
    const lines = runs.flatMap((one) => treeOf(one, subjectOf(state, one), instantAt(state, Date.now()))).map((line) => line.clipped(terminal.columns));
    terminal.redraw(lines, drawn);
    drawn = lines.length;
  };
  const isTold = !isLive && !quiet;
  const reminders = new Reminders(
    () => [...state.unfinished].flatMap((id) => ((run === undefined || run === id) && waits(state, id) ? state.runs.get(id) ?? [] : [])),
    (one) => terminal.print(`${clockText(instantAt(state, Date.now()))}  ${one.id} ${waitingText(one, instantAt(state, Date.now()))}: trunkline approve ${one.id}`),
  );
  const timer = isLive ? setInterval(draw, DRAW_EVERY) : undefined;
  try {
    for await (const event of conductor.watch(0, AbortSignal.any([signal, stop.signal]))) {
      evolve(state, event);
      if (event.seq > after && !isLive && !quiet && (run === undefined || !('run' in event) || event.run === run)) tell(terminal, state, event);
      if (event.seq >= from && until(state)) break;
      if (event.type === 'approval-requested' && event.seq > after) reminders.told(event.run);
      if (isTold && event.seq >= after) reminders.look(instantAt(state, Date.now()));
    }
  } finally {
    clearInterval(timer);
    reminders.stop();
    stop.abort();
  }
  if (isLive) draw();
  return state;
}

export function subjectOf(state: PipelineState, run: Run): string {
  return state.trunk.commits.get(run.commit)?.subject ?? '';
}

/** One line for what a reader of a log wants to know; the rest is in `trunkline show`. */
function tell(terminal: Terminal, state: PipelineState, event: Recorded): void {
  const line = lineOf(state, event);
  if (line !== undefined) terminal.print(`${clockText(event.at)}  ${line}`);
}

function lineOf(state: PipelineState, event: Recorded): string | undefined {
  switch (event.type) {
    case 'run-started': return `${event.run} begins: ${event.commit.slice(0, 12)} ${state.trunk.commits.get(event.commit)?.subject ?? ''}`;
    case 'run-retried': return `${event.run} is tried again, attempt ${event.attempt}, by ${event.by}`;
    case 'stage-queued': return `${event.run} waits for ${event.stage}`;
    case 'stage-entered': return `${event.run} enters ${event.stage}`;
    case 'action-passed': return `${event.run} ${event.stage}.${event.action} passed${took(state, event)}${cachedText(event.output)}`;
    case 'action-failed': return `${event.run} ${event.stage}.${event.action} failed: ${event.error.message}${event.retryAt === undefined ? '' : '; it is tried again'}`;
    case 'action-lost': return `${event.run} ${event.stage}.${event.action} was lost with its host; it is begun again`;
    case 'action-cancelled': return `${event.run} ${event.stage}.${event.action} was stopped`;
    case 'attestation-refused': return `${event.run} ${event.stage} can't be signed: ${event.error.message}`;
    case 'budget-warned': return `${event.run} ${budgetLine(event)}`;
    case 'approval-requested': return `${event.run} WAITS FOR APPROVAL by ${event.by.join(' or ')}: trunkline approve ${event.run}`;
    case 'approval-given': return `${event.run} approved by ${event.by}${event.by === event.user ? '' : ` (${event.user})`}`;
    case 'approval-rejected': return `${event.run} rejected by ${event.by}: ${event.reason}`;
    case 'approval-rule-set': return `from now on ${ruleText(event)} must approve ${event.environment}, by ${event.by}`;
    case 'run-faulted': return `${event.run} can't go on: ${event.error.message}`;
    case 'rollout': return rolloutLine(state, event);
    case 'effect-retried': return retriedLine(event);
    case 'retry-hastened': return `${event.run} what failed is tried now, asked by ${event.by}`;
    case 'cleanup-failed': return `${event.run} ${event.stage}: what it left behind could not be removed: ${event.error.message}; it is tried again when a host begins`;
    case 'host-troubled': return `${event.what}: ${event.error.message}`;
    case 'run-finished': return `${event.run} ${event.outcome}${event.rolledBack ? ', rolled back' : ''}: ${event.reason}`;
    case 'environment-removed': return `${event.environment} ${event.region} ended by ${event.by}${event.data ? `, with ${event.data.bytes.toLocaleString('en')} bytes of data in ${event.data.path}` : ''}`;
    case 'clock-jumped': return event.byMs === 0 ? undefined : jumpText(event.byMs);
    case 'command-refused': return `refused to ${event.command} for ${event.by}${placeOf(event.from)}: ${event.error.message}`;
    default: return undefined;
  }
}

/** That the clock of the machine was set, for people. */
export function jumpText(byMs: Millis): string {
  return `the clock of the machine was set ${byMs < 0 ? 'back' : 'forward'} by ${formatDuration(Math.abs(byMs))}; no duration counts that`;
}

function placeOf(from: Origin | undefined): string {
  if (!from) return '';
  const seat = [from.terminal, from.remote === undefined ? undefined : `from ${from.remote}`].filter((part) => part !== undefined).join(' ');
  return ` in ${from.directory} (process ${from.process} on ${from.machine}${seat === '' ? '' : `, ${seat}`})`;
}

export function rolloutLine(state: PipelineState, event: Extract<Recorded, { type: 'rollout' }>): string | undefined {
  const place = `${event.run} ${event.stage}`;
  switch (event.fact.type) {
    case 'shifted': return `${place} ${event.fact.region}: ${event.fact.weight / 100} % of traffic`;
    case 'baked': return event.fact.requests > 0 ? `${place} ${event.fact.region}: baked with ${event.fact.requests} requests` : undefined;
    case 'held': return `${place} ${event.fact.region} HOLDS: ${event.fact.reason}; "trunkline resume ${event.run}" goes on`;
    case 'breached': return `${place} goes back: ${event.fact.cause.detail}`;
    case 'restore-late': return `${place} ${event.fact.region}: it takes long to go back; the others wait for it no more`;
    case 'restored': return `${place} ${event.fact.region}: ${hasStable(state, event, event.fact.region) ? 'the previous release has all traffic again' : 'it was the first release there, and nothing answers now'}`;
    case 'restore-failed': return `${place} ${event.fact.region}: COULD NOT BE PUT BACK: ${event.fact.error.message}`;
    default: return undefined;
  }
}

/** Whether there is a release to go back to in a region. */
function hasStable(state: PipelineState, { run, stage }: Extract<Recorded, { type: 'rollout' }>, region: string): boolean {
  const environment = state.runs.get(run)?.stages[stage]?.rollout?.environment ?? stage;
  const live = state.live.get(`${environment}/${region}`);
  return live !== undefined && live.removedAt === undefined;
}

function took(state: PipelineState, event: Extract<Recorded, { type: 'action-passed' }>): string {
  const action = state.runs.get(event.run)?.stages[event.stage]?.actions[event.action];
  return action ? ` in ${formatDuration(event.at - action.startedAt)}` : '';
}
