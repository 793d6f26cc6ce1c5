import { cachedIn } from '../core/cached.ts';
import { currentStage, stagesOf, type ActionRun, type Run, type StageRun } from '../core/state.ts';
import { formatDuration, type Instant, type Json } from '../foundation/units.ts';
import type { StagePlan } from '../pipeline/plan.ts';
import { budgetLine, pathText } from './budget-line.ts';
import { frozenBy, frozenText, retryText } from './owed-again.ts';
import { paint, text, type Colour, type Shown, Text } from './text.ts';

/** What else is to be told of an action, line by line. */
export type Notes = (stage: string, action: string) => readonly Shown[];

const MARKS: { readonly [state: string]: readonly [string, Colour] } = {
  passed: ['✔', 'green'], failed: ['✘', 'red'], running: ['●', 'cyan'], retrying: ['↻', 'yellow'], queued: ['…', 'yellow'], lost: ['↻', 'yellow'], cancelled: ['–', 'dim'], waiting: ['◦', 'dim'], ready: ['⏸', 'yellow'],
};

/** A run as a tree of its stages and actions, each with its state and its time. */
export function treeOf(run: Run, subject: string, now: Instant, notes: Notes = () => []): Text[] {
  const head = text`${paint('bold', run.id)}  ${run.commit.slice(0, 12)}  ${subject}`;
  const stages = stagesOf(run).flatMap((plan) => stageLines(run, plan, now, notes));
  return [head, ...stages, ...outcomeLines(run)];
}

function stageLines(run: Run, plan: StagePlan, now: Instant, notes: Notes): Text[] {
  const stage = run.stages[plan.name];
  const line = text` ${mark(stage?.state ?? 'waiting')} ${title(plan.name)}${times(stage?.enteredAt, stage?.endedAt ?? run.finished?.at, now)}`;
  if (!stage || (stage.state === 'queued' && Object.keys(stage.actions).length === 0)) return [line];
  const isOpen = stage.state !== 'passed' || currentStage(run)?.name === plan.name;
  if (!isOpen && run.finished === undefined) return [text`${line}${paint('dim', `  ${plan.actions.map(({ name }) => name).join(', ')}`)}`];
  return [line, ...warningLines(run, plan), ...retryLines(run, plan, now), ...plan.actions.flatMap(({ name, kind }) => [...actionLines(name, kind, stage, now), ...notes(plan.name, name).map((note) => text`        ${note}`)])];
}

/** What was warned about the time of a stage, and where the time went. */
function warningLines({ warnings = [] }: Run, { name }: StagePlan): Text[] {
  const latest = warnings.findLast(({ stage }) => stage === name);
  return latest ? [text`    ${paint(latest.isPast ? 'red' : 'yellow', `⚠ ${budgetLine(latest)}`)}`, ...(latest.path.length > 1 ? [text`      ${paint('dim', pathText(latest.path))}`] : [])] : [];
}

/** What fails and is tried again; loudest where it keeps an environment from every other run. */
function retryLines(run: Run, { name }: StagePlan, now: Instant): Text[] {
  const stage = run.stages[name];
  if (stage?.state !== 'running') return [];
  const frozen = frozenBy(run);
  return Object.values(stage.retries ?? {}).flatMap((retry) => {
    const freeze = frozen.find((one) => one.retry === retry);
    if (!freeze) return [text`    ${paint('yellow', `↻ ${retryText(retry, now)}`)}`];
    const [what, next] = frozenText(freeze, now);
    return [text`    ${paint('red', `⚠ ${what}`)}`, text`      ${paint('yellow', next)}`];
  });
}

function actionLines(name: string, kind: string, stage: StageRun, now: Instant): Text[] {
  const action = stage.actions[name];
  const state = kind === 'approval' && action?.state === 'running' ? 'ready' : action?.state ?? 'waiting';
  const attempt = action && action.attempt > 1 ? paint('dim', ` attempt ${action.attempt}`) : '';
  const line = text`    ${mark(state)} ${name}${action ? times(action.startedAt, action.endedAt, now) : ''}${attempt}${detailOf(kind, action, stage)}`;
  return [line, ...(kind === 'rollout' ? regionLines(stage) : [])];
}

function detailOf(kind: string, action: ActionRun | undefined, stage: StageRun): Shown {
  if (kind === 'approval' && action?.state === 'running') return paint('yellow', '  waits for approval');
  if (action?.error && action.state !== 'passed') return text`  ${paint('red', action.error.message)}`;
  if (kind === 'rollout' && stage.rollout) return paint('dim', `  ${stage.rollout.state.phase}`);
  const tests = testsIn(action?.output);
  return text`${tests > 0 ? paint('dim', `  ${tests} tests`) : ''}${paint('dim', cachedText(action?.output))}`;
}

/** Empty where the work was done. */
export function cachedText(output: Json | undefined): string {
  const cached = cachedIn(output);
  return cached ? `  cached: from ${cached.run} at ${new Date(cached.at).toISOString().slice(0, 19)}Z` : '';
}

/** Tests that passed, over all regions that a suite ran in. */
function testsIn(output: Json | undefined): number {
  if (typeof output !== 'object' || output === null) return 0;
  const { passed, failed } = output as { readonly passed?: Json; readonly failed?: Json };
  if (typeof passed === 'number' && typeof failed === 'number') return passed;
  return Object.values(output).reduce((sum: number, part: Json) => sum + testsIn(part), 0);
}

function regionLines(stage: StageRun): Text[] {
  return Object.entries(stage.rollout?.state.regions ?? {}).map(([region, { phase, weight }]) => paint('dim', `       ${region}: ${phase}, ${weight / 100} % of traffic`));
}

function outcomeLines({ finished, attempt }: Run): Text[] {
  if (!finished) return [];
  const colour = finished.outcome === 'SUCCEEDED' ? 'green' : finished.outcome === 'FAILED' ? 'red' : 'yellow';
  const back = finished.rolledBack ? ', rolled back' : '';
  return [text` ${paint(colour, finished.outcome)}${back}${attempt > 1 ? ` at attempt ${attempt}` : ''}: ${finished.reason}`];
}

function mark(state: string): Shown {
  const [sign, colour] = MARKS[state] ?? ['?', 'red'];
  return paint(colour, sign);
}

function times(from: Instant | undefined, to: Instant | undefined, now: Instant): Shown {
  return from === undefined ? '' : paint('dim', `  ${formatDuration(Math.max(0, (to ?? now) - from))}`);
}

function title(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
