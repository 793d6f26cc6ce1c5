import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ActionContext, ActionKind, ActionResult } from '../../actions/action.ts';
import type { ArtifactStore } from '../../artifact/store.ts';
import type { AttemptEnd, Fact } from '../../core/facts.ts';
import type { Effect } from '../../core/owed.ts';
import type { AttemptPlace, PipelineState, Run } from '../../core/state.ts';
import type { EnvironmentProvider } from '../../environment/driver.ts';
import type { Clock } from '../../foundation/clock.ts';
import { TrunklineError, errorRecord } from '../../foundation/errors.ts';
import { isDigest } from '../../foundation/digest.ts';
import type { Secret } from '../../foundation/secret.ts';
import type { Digest, Json } from '../../foundation/units.ts';
import { mayStand, ROLLBACK_KINDS } from '../../pipeline/kinds.ts';
import type { Plan } from '../../pipeline/plan.ts';
import { changedTool, toolsOf } from '../../pipeline/tools.ts';
import type { Exit, Isolation } from '../../runner/cell.ts';
import type { MaskedLog } from '../../runner/log.ts';
import type { Report } from '../../reports/report.ts';
import type { CommitHistory } from '../../source/history.ts';
import type { Toolbox } from '../tools.ts';
import type { Releases } from './releases.ts';
import { install } from './installing.ts';
import { withRefusals } from './refusals.ts';
import { logPath, reportPath } from './run-files.ts';
import { oncePerInputs, telling, type ResultParts } from './results.ts';
import type { Workspace, Workspaces } from './workspaces.ts';

type AttemptEffect = Extract<Effect, { type: 'attempt' }>;

export interface AttemptParts {
  readonly clock: Clock;
  readonly kinds: ReadonlyMap<string, ActionKind>;
  /** Judges what is to be a run's plan. @throws {TrunklineError} `PLAN_INVALID` */
  readonly adopt: (value: Json | undefined) => Plan;
  readonly artifacts: ArtifactStore;
  readonly environments: EnvironmentProvider;
  readonly releases: Releases;
  readonly workspaces: Workspaces;
  readonly isolation: Isolation;
  readonly secret: (name: string) => Promise<Secret>;
  /** Opens the log of an attempt; `path` is below the folder of logs. */
  readonly log: (path: string) => Promise<MaskedLog>;
  readonly reports: string;
  readonly history: (commit: string) => CommitHistory;
  readonly results: ResultParts;
  readonly tools: Toolbox;
}

/** What an attempt has reported and stored so far. */
interface Recorded { readonly reports: Report[]; readonly stored: Digest[] }

/** What commands of an attempt asked of the network and did not get, and the limits that they hit. */
interface Refusals { readonly places: Set<string>; readonly limits: Set<string> }

/** Runs one attempt of an action in its workspace and says how it ended. */
export async function runAttempt(parts: AttemptParts, effect: AttemptEffect, state: PipelineState, signal: AbortSignal): Promise<Fact> {
  const run = state.runs.get(effect.run);
  if (!run) throw new Error(`an attempt of the unknown run ${effect.run}`);
  const place: AttemptPlace = { run: run.id, stage: effect.stage, action: effect.action.name, attempt: effect.attempt, fence: effect.fence, of: run.attempt };
  const log = await parts.log(logPath(place));
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => stop.abort(timedOut(effect)), effect.action.timeoutMs);
  const refusals: Refusals = { places: new Set(), limits: new Set() };
  const ended = (end: AttemptEnd): Fact => ({ type: 'attempt-ended', run: run.id, stage: effect.stage, fence: effect.fence, action: effect.action.name, attempt: effect.attempt, end });
  try {
    const kind = parts.kinds.get(effect.action.kind);
    if (!kind) throw new TrunklineError('KIND_UNKNOWN', 'usage', `there is no action of kind "${effect.action.kind}"`, 'the plan was made by a newer Trunkline; run that one');
    if (!mayStandIn(run, effect)) throw new TrunklineError('KIND_MISPLACED', 'refused', `an action of kind "${effect.action.kind}" has no place in ${effect.stage}`, 'take it out of the pipeline: what was approved is what is released');
    const input = kind.input.safeParse(effect.action.input);
    if (!input.success) throw new TrunklineError('INPUT_INVALID', 'usage', `${effect.stage}.${effect.action.name}: ${input.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`, 'correct trunkline.config.ts');
    await requireTools(parts.tools, run, effect);
    const workspace = kind.checkout ? await parts.workspaces.open(run.id, effect.stage, effect.fence, run.commit) : undefined;
    const kept: Recorded = { reports: [], stored: [] };
    const context = contextOf(parts, effect, run, state, workspace, log, stop.signal, kept, refusals, join(parts.reports, reportPath(place)));
    const work = (): Promise<ActionResult> => kind.run(input.data, context);
    const stage = run.plan?.plan.stages.find(({ name }) => name === effect.stage);
    const result = workspace && stage ? await oncePerInputs(parts.results, { action: effect.action, stage, kind, kinds: parts.kinds, context, ...kept }, work) : await work();
    return ended(signal.aborted ? { state: 'cancelled' } : withRefusals(endOf(effect, result, parts.adopt), refusals));
  } catch (error) {
    if (signal.aborted) return ended({ state: 'cancelled' });
    const record = errorRecord(stop.signal.aborted && stop.signal.reason instanceof TrunklineError ? stop.signal.reason : error);
    log.write(`${record.message}\n`);
    if (record.class === 'bug' && error instanceof Error) log.write(`${error.stack ?? ''}\n`);
    return ended(withRefusals({ state: 'failed', error: { ...record, lastLines: record.lastLines ?? log.lastLines(20) } }, refusals));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    await log.close();
  }
}

/** What was approved is done with the tools that were named, or not at all. @throws {TrunklineError} `TOOL_CHANGED` */
async function requireTools(tools: Toolbox, run: Run, { action, stage }: AttemptEffect): Promise<void> {
  const plan = run.plan?.plan;
  if (plan?.tools === undefined) return;
  const names = toolsOf(action, plan.stages.find(({ name }) => name === stage)?.environment);
  const changed = changedTool(plan.tools, await tools.now(names));
  if (changed !== undefined) throw new TrunklineError('TOOL_CHANGED', 'refused', `a tool of ${stage}.${action.name} is another than when this run was planned: ${changed}`, 'if this machine was upgraded on purpose, push a commit: it is planned with the tools of now; else put the tool back and retry');
}

function timedOut(effect: AttemptEffect): TrunklineError {
  return new TrunklineError('TIMEOUT', 'code', `it took longer than its ${Math.round(effect.action.timeoutMs / 1_000)} s and was ended`, 'make it faster, or give it more time in trunkline.config.ts');
}

function contextOf(parts: AttemptParts, effect: AttemptEffect, run: Run, state: PipelineState, workspace: Workspace | undefined, log: MaskedLog, signal: AbortSignal, kept: Recorded, refusals: Refusals, path: string): ActionContext {
  const environment = run.plan?.plan.stages.find(({ name }) => name === effect.stage)?.environment;
  const without = (what: string): never => {
    throw new Error(`action kind ${effect.action.kind} uses ${what} without saying that it needs a checkout`);
  };
  const context: ActionContext = {
    run: run.id, stage: effect.stage, action: effect.action.name, row: effect.action.row, attempt: effect.attempt, idempotencyKey: effect.key, signal,
    timeout: effect.action.timeoutMs, clock: parts.clock, commit: run.commit, history: parts.history(run.commit), isolation: parts.isolation,
    get plan(): Plan {
      if (!run.plan) throw new Error('the plan is not known before Source has passed');
      return run.plan.plan;
    },
    get workdir(): string {
      return workspace?.checkout ?? without('its workdir');
    },
    get apart(): string {
      return workspace ? dirname(workspace.folder) : without('a folder apart');
    },
    outputs: outputsOf(state.runs.get(run.id) ?? run),
    ...(run.artifact ? { release: { id: run.id, artifact: run.artifact, sequence: run.sequence } } : {}),
    artifacts: telling(parts.artifacts, (digest) => kept.stored.push(digest)),
    log: (line) => log.write(`${line}\n`),
    cell: () => workspace?.cell() ?? without('its cell'),
    writer: log,
    lastLines: (count) => log.lastLines(count),
    exec: async (command, options = {}) => {
      if (!workspace) return without('exec');
      const cell = await workspace.cell();
      const exit = await cell.run({
        attempt: effect.key, command, cwd: options.cwd ?? workspace.checkout, env: options.env ?? {},
        timeout: options.timeout ?? effect.action.timeoutMs, signal, log,
        ...(options.reach === undefined ? {} : { reach: options.reach }),
      });
      note(refusals, exit);
      return exit;
    },
    install: async (command, reach) => {
      if (!workspace) return without('install');
      const { cache, product, origin } = parts.results;
      const exit = await install(command, { context, cache, machine: product, origin: origin(run.id), reach, room: () => parts.workspaces.room(run.id, effect.stage, effect.fence) });
      if (exit) note(refusals, exit);
      return exit;
    },
    report: async (report) => {
      kept.reports.push(report);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, JSON.stringify(kept.reports));
    },
    environment,
    region: (region) => {
      if (!environment) throw new Error(`stage ${effect.stage} has no environment`);
      return parts.environments.region({ environment: environment.name, region }, { run: run.id, fence: effect.fence, plan: environment });
    },
    files: () => parts.releases.files(run, effect.stage),
    secret: async (name) => {
      const secret = await parts.secret(name);
      log.addSecret(secret);
      return secret;
    },
  };
  return context;
}

function note({ places, limits }: Refusals, { refused = [], hit }: Exit): void {
  for (const place of refused) places.add(place);
  if (hit !== undefined) limits.add(hit);
}

function outputsOf(run: Run): { readonly [action: string]: Json } {
  const entries = Object.values(run.stages).flatMap((stage) => Object.entries(stage?.actions ?? {}));
  return Object.fromEntries(entries.flatMap(([name, { output }]) => (output === undefined ? [] : [[name, output]])));
}

/** The plan of a rollback is Trunkline's own. */
function mayStandIn({ kind: ofRun }: Run, { action: { kind }, stage }: AttemptEffect): boolean {
  return ofRun === 'ROLLBACK' ? ROLLBACK_KINDS.has(kind) : mayStand(kind, stage);
}

/** What an attempt gives out beside its output: the plan, and the artifact, where its kind makes one. */
function endOf(effect: AttemptEffect, result: ActionResult, adopt: AttemptParts['adopt']): AttemptEnd {
  if (!result.passed) return { state: 'failed', error: result.error, ...(result.output === undefined ? {} : { output: result.output }) };
  const output = result.output;
  const field = (name: string): Json | undefined => (typeof output === 'object' && output !== null && !Array.isArray(output) ? (output as { readonly [key: string]: Json })[name] : undefined);
  if (effect.action.kind === 'plan') return { state: 'passed', output: { digest: field('digest') ?? null }, plan: adopt(field('plan')) };
  const artifact = field('artifact');
  if (effect.action.kind === 'archive' && typeof artifact === 'string' && isDigest(artifact)) return { state: 'passed', output, artifact };
  return { state: 'passed', output };
}
