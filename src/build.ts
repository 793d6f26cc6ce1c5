import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ActionKind } from './actions/action.ts';
import { httpsFeed } from './actions/sca/https-feed.ts';
import { osvKind } from './actions/sca/osv.ts';
import { openScans, readOnly } from './actions/secrets/scans.ts';
import { secretlintKind } from './actions/secrets/secretlint.ts';
import { commitKind } from './actions/source/commit.ts';
import { planKind } from './actions/source/plan.ts';
import { sourceRowsKind } from './actions/source/rows.ts';
import { openDiskStore } from './artifact/disk/store.ts';
import type { Signer } from './artifact/keys.ts';
import type { BuildLine } from './cli/product.ts';
import { forgiving } from './adoption.ts';
import { environmentsOf, plainKinds } from './compose.ts';
import { cachedIn } from './core/cached.ts';
import { lastAttempt } from './core/state.ts';
import { systemClock } from './foundation/clock.ts';
import { TrunklineError, type ErrorRecord } from './foundation/errors.ts';
import type { Effects } from './host/effects.ts';
import { logPath, readReports, reportPath } from './host/embedded/run-files.ts';
import { LocalEffects } from './host/embedded/effects.ts';
import { EmbeddedHost } from './host/embedded/host.ts';
import { catchStrays } from './host/embedded/strays.ts';
import { Releases } from './host/embedded/releases.ts';
import { SecretFiles } from './host/embedded/secrets.ts';
import { Workspaces } from './host/embedded/workspaces.ts';
import { keptLocally } from './kept.ts';
import { memoryJournal } from './journal/memory/journal.ts';
import { parsePlan, type Plan } from './pipeline/plan.ts';
import { readPipeline, readSandbox } from './settings.ts';
import type { Place } from './place.ts';
import type { Cells } from './runner/cell.ts';
import { openLog } from './runner/log.ts';
import { openToolbox } from './tool-rows.ts';
import { trackedInFolder } from './source/folder/tracked.ts';
import { checkout } from './source/git/checkout.ts';
import { openHistory } from './source/git/history.ts';
import type { WorkTree } from './source/worktree.ts';

export interface LocalBuild {
  readonly place: Place;
  /** Gone when the command is. */
  readonly folder: string;
  readonly plan: Plan;
  readonly cells: Cells;
  readonly workTree: WorkTree;
  readonly staged: boolean;
  /** Instead: exactly this commit, which need not be on the trunk. */
  readonly commit?: string;
  /** Limits of findings stop nothing: all of them are to be known. */
  readonly forgiving?: boolean;
  readonly onAction: (line: BuildLine) => void;
  readonly signal: AbortSignal;
}

/** What stands for the commit of a build that has none: it names no commit, so nothing can be deployed from it. */
const NO_COMMIT = 'worktree';

/**
 * All of Build on what is not committed, by the same core and the same actions as in the pipeline, under a journal that
 * is not kept. Nothing is signed, and the artifact goes with the folder: it can't be deployed.
 */
export async function localBuild({ place, folder, plan, cells, workTree, staged, commit, forgiving: forgives = false, onAction, signal }: LocalBuild): Promise<readonly BuildLine[]> {
  const artifacts = await openDiskStore(join(folder, 'artifacts'));
  const secrets = new SecretFiles(place.secrets);
  const logs = join(place.logs, 'build');
  const incomplete = new Map<string, ErrorRecord>();
  const rows = sourceRowsKind({ tracked: ({ workdir }) => trackedInFolder(workdir), plan });
  const parts: readonly ActionKind[] = [...plainKinds, secretlintKind(readOnly(openScans(place.scans))), osvKind(httpsFeed({ folder: place.advisories, clock: systemClock, inner: readSandbox(place.sandbox).registries })), 
    commitKind({
      verify: async () => undefined, tracked: ({ workdir }) => trackedInFolder(workdir),
      mayLeaveEmpty: readPipeline(place.pipeline)?.submodules === 'leave-empty',
    }),
    planKind(async () => buildOnly(plan)), forgives ? rows : goingOn(rows, incomplete)];
  const effects = new LocalEffects({
    clock: systemClock, kinds: new Map(parts.map((kind) => [kind.kind, kind])),
    adopt: parsePlan, // it was judged as a whole before it was cut down to Build
    artifacts, environments: environmentsOf(place), cells,
    releases: new Releases(join(folder, 'releases'), artifacts), isolation: cells.isolation, network: cells.network, secret: (name) => secrets.get(name), reports: join(folder, 'reports'),
    history: () => openHistory(place.repository, commit !== undefined ? { commit } : staged ? 'staged' : 'worktree'),
    workspaces: new Workspaces({ root: join(folder, 'work'), cells, hidden: place.hidden, checkout: (_commit, target) => (commit !== undefined ? checkout(place.repository, commit, target) : staged ? workTree.checkoutIndex(target) : workTree.checkoutWorkTree(target)) }),
    signer: nobody, builder: 'trunkline:worktree', repository: place.repository.root, results: keptLocally(place), tools: openToolbox(),
    log: async (path) => {
      await mkdir(dirname(join(folder, 'logs', path)), { recursive: true });
      return openLog(join(folder, 'logs', path), { secrets: await secrets.all() });
    },
  });
  await using host = await EmbeddedHost.start({
    clock: systemClock, journal: memoryJournal(), effects: forgives ? forgiving(unpublished(effects)) : unpublished(effects), capacity: { builds: 1 }, operators: () => ({ people: {} }), pin: () => undefined,
    look: async () => ({ type: 'trunk-seen', commits: [{ id: NO_COMMIT, tree: NO_COMMIT, subject: 'what is not committed', author: '', reverts: [] }] }),
    down: async () => ({ events: [] }),
  });
  using _strays = catchStrays(host);
  const lines = new Map<string, BuildLine>(plan.waivers.filter(({ row }) => row.startsWith('build.')).map(({ row, reason }) => [row, { stage: 'build', action: row.slice('build.'.length), row, state: 'waived', message: reason }]));
  for (const line of lines.values()) onAction(line);
  const { run = '' } = await host.command({ type: 'run', commit: NO_COMMIT, again: false }, 'developer');
  const stop = (): void => void host.command({ type: 'cancel', run, reason: 'interrupted' }, 'developer').catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  const watching = new AbortController();
  for await (const event of host.watch(0, watching.signal)) {
    if (event.type === 'run-finished') break;
    if (!('action' in event) || event.action === undefined || !('attempt' in event) || (event.stage !== 'build' && event.stage !== 'source')) continue;
    const action = plan.stages.find(({ name }) => name === 'build')?.actions.find(({ name }) => name === event.action);
    const error = event.type === 'action-failed' ? event.error : event.type === 'action-passed' ? incomplete.get(event.action) : undefined;
    const state = error ? 'failed' : stateAfter(event.type);
    const startedAt = host.state.runs.get(run)?.stages.build?.actions[event.action]?.startedAt;
    const begun = host.state.runs.get(run);
    const attempt = begun && lastAttempt(begun, event.stage, event.action);
    const reports = state === 'started' || !attempt ? [] : await readReports(join(folder, 'reports', reportPath(attempt)));
    // What Source does is told where it fails, or where it says something of the files.
    if (!action && state !== 'failed' && reports.length === 0) continue;
    const cached = event.type === 'action-passed' ? cachedIn(event.output) : undefined;
    const line: BuildLine = {
      stage: event.stage, action: event.action, row: action?.row ?? 'pipeline.as-code', state, ...(startedAt === undefined || state === 'started' ? {} : { durationMs: event.at - startedAt }),
      ...(error ? { message: error.message, ...(error.lastLines ? { lastLines: error.lastLines } : {}), ...(error.hint === undefined ? {} : { hint: error.hint }), log: join(logs, `${event.action}.log`) } : {}),
      ...(reports.length === 0 ? {} : { reports }), ...(cached ? { cached } : {}),
    };
    lines.set(event.action, line);
    if (error && attempt) await keepLog(join(folder, 'logs', logPath(attempt)), join(logs, `${event.action}.log`));
    onAction(line);
  }
  watching.abort();
  signal.removeEventListener('abort', stop);
  return [...lines.values()];
}

function stateAfter(type: string): BuildLine['state'] {
  if (type === 'action-started') return 'started';
  if (type === 'action-passed') return 'passed';
  return type === 'action-cancelled' ? 'stopped' : 'failed';
}

/**
 * What a row of Source lacks stops a run at once. On a developer's machine all is to be told in one go: Build goes on
 * behind it, and the row has failed all the same.
 */
function goingOn<Input>(kind: ActionKind<Input>, incomplete: Map<string, ErrorRecord>): ActionKind<Input> {
  return {
    ...kind,
    run: async (input, context) => {
      const result = await kind.run(input, context);
      if (result.passed || result.error.code !== 'SOURCE_INCOMPLETE') return result;
      incomplete.set(context.action, result.error);
      return { passed: true, output: result.output ?? {} };
    },
  };
}

function buildOnly(plan: Plan): Plan {
  return { ...plan, stages: plan.stages.filter(({ name }) => name === 'build') };
}

/** Takes the artifact out of what actions give, so that nothing is attested; leaves the cells of a living host alone. */
function unpublished(effects: Effects): Effects {
  return {
    recover: async () => [],
    perform: async (effect, state, report, signal) => {
      const fact = await effects.perform(effect, state, report, signal);
      if (fact?.type !== 'attempt-ended' || fact.end.state !== 'passed') return fact;
      const { artifact: _artifact, ...end } = fact.end;
      return { ...fact, end };
    },
    release: (run, stage) => effects.release(run, stage),
    close: () => effects.close(),
  };
}

async function keepLog(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to);
}

const nobody: Signer = {
  keyid: 'none',
  sign: async () => {
    throw new TrunklineError('UNSIGNED', 'refused', 'a build of what is not committed is not signed', 'commit it, and let the pipeline build it');
  },
};
