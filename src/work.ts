/** What commands do beyond reading: hosting, building, checking, environments. Loaded when a command needs it, with all its libraries. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { searchesOf } from './adoption.ts';
import { openDiskStore } from './artifact/disk/store.ts';
import { localBuild } from './build.ts';
import type { LocalHost, Product } from './cli/product.ts';
import { cellsIn, cellsOf, CONFIG, environmentsOf, plainKinds, startHost, type Wrapping } from './compose.ts';
import { whyNoRetry } from './core/commands.ts';
import { dueCommits } from './core/due.ts';
import { plannedApproval } from './core/approval-rule.ts';
import { currentStage, emptyState, type PipelineState } from './core/state.ts';
import { evolve } from './core/evolve.ts';
import { systemClock } from './foundation/clock.ts';
import { TrunklineError, errorRecord } from './foundation/errors.ts';
import { removeFolder } from './foundation/removal.ts';
import { fix } from './fix.ts';
import type { Digest } from './foundation/units.ts';
import { keepLastBuild } from './last-build.ts';
import type { EnvironmentDriver, EnvironmentProvider } from './environment/driver.ts';
import { openJournalReadOnly } from './journal/sqlite/journal.ts';
import { headTrust } from './journal-keys.ts';
import { takeHostLock } from './journal/sqlite/lock.ts';
import type { CheckContext } from './actions/action.ts';
import { sourcesOf } from './actions/source/rows.ts';
import { checkPlan } from './pipeline/check.ts';
import { evaluateConfig } from './pipeline/evaluate.ts';
import { firstPipeline } from './pipeline/init.ts';
import { toolsOfPlan } from './pipeline/tools.ts';
import { openToolbox } from './tool-rows.ts';
import { filesCalled } from './pipeline/misuse.ts';
import type { ActionPlan, Plan, StagePlan } from './pipeline/plan.ts';
import { forgetKept } from './kept.ts';
import type { Place } from './place.ts';
import { originHere } from './server/origin.ts';
import { SetUpWrongly, Troubles } from './troubles.ts';
import { beforeEnd } from './foundation/before-end.ts';
import type { EmbeddedHost } from './host/embedded/host.ts';
import { firstOperators, readPipeline, writePipeline, type PipelineSettings, withRemote } from './settings.ts';
import type { Isolation } from './runner/cell.ts';
import { openLog } from './runner/log.ts';
import { checkout } from './source/git/checkout.ts';
import { lookAt } from './source/git/look.ts';
import type { Repository } from './source/git/repository.ts';
import { remoteOf } from './source/git/remote.ts';
import { trackedInWorkTree } from './source/git/tracked.ts';
import { resolve } from './source/git/resolve.ts';
import { openTrunk } from './source/git/trunk.ts';
import { openWorkTree } from './source/git/worktree.ts';
import { verifyStored } from './verification.ts';

/** Who asks for the runs of `up`: nobody. Whoever pushed is an author of the commit. */
const BY_THE_TRUNK = 'trunkline';
/** How often the trunk is looked at. */
const POLL_EVERY = 2_000;

/** The part of the product that does things. */
export type Work = Pick<Product, 'host' | 'resolve' | 'check' | 'build' | 'fix' | 'verify' | 'gc' | 'init'> & { readonly isolation: Isolation; readonly environments: EnvironmentProvider };

interface Worked {
  readonly repository: Repository;
  readonly place: Place;
  readonly user: string;
  readonly folded: () => PipelineState;
  readonly wrap?: Wrapping;
  /** Where a host says what it met that concerns no run. */
  readonly tell?: (line: string) => void;
}

export async function openWork({ repository, place, user, folded, wrap, tell }: Worked): Promise<Work> {
  const { isolation } = cellsOf(place);
  const environments = environmentsOf(place);
  const workTree = openWorkTree(repository);
  const remote = await remoteOf(repository);
  const repositoryName = remote ?? `file://${repository.root}`;

  const evaluateWorkTree = (): Promise<Plan> => evaluated((folder) => workTree.checkoutWorkTree(folder));
  const evaluated = (layOut: (folder: string) => Promise<void>): Promise<Plan> => inScratch(place, async (folder) => {
    const workdir = join(folder, 'work');
    const laidOut = join(workdir, 'checkout');
    await layOut(laidOut);
    const cell = await cellsIn(place, folder).open({ id: basename(folder), workdir, hidden: place.hidden });
    const log = openLog(join(folder, 'evaluation.log'), { secrets: [] });
    try {
      return await evaluateConfig(cell, { config: join(laidOut, CONFIG), log, signal: new AbortController().signal, timeout: 30_000 });
    } finally {
      await log.close();
      await cell.close();
    }
  });

  /** Settled at the first start, from the work tree that the operator started it in; from then on only an operator changes it. */
  const settings = async (): Promise<PipelineSettings> => {
    const known = readPipeline(place.pipeline);
    if (known) {
      const settled = withRemote(known, remote, place.pipeline);
      if (settled !== known) writePipeline(place.pipeline, settled);
      return settled;
    }
    const plan = await evaluateWorkTree();
    const first = withRemote({ application: plan.application, trunk: plan.trunk }, remote, place.pipeline);
    writePipeline(place.pipeline, first);
    firstOperators(place.operators, user, plannedApproval(plan)?.by ?? []);
    return first;
  };

  return {
    isolation, environments,
    host: async () => localHost(await startHost({ place, settings: await settings(), repositoryName, ...(wrap ? { wrap } : {}), ...(tell ? { tell } : {}) }), user, environments),
    resolve: async (word) => (await (await openTrunk(repository, (await settings()).trunk)).find(word)).id,
    check: async () => {
      const evaluated = await evaluateWorkTree();
      const plan = { ...evaluated, tools: [...await openToolbox().now(toolsOfPlan(evaluated))] };
      const tracked = trackedInWorkTree(repository);
      const sources = await sourcesOf(tracked, plan, filesCalled(plan, (await tracked.list()).paths), new AbortController().signal);
      return checkPlan({ plan, sources, today: new Date(systemClock.wall()).toISOString().slice(0, 10), ...(remote === undefined ? {} : { remote }), missing: (action, stage) => missingFor({ repository: repository.root, tracked: new Set(sources.paths), plan }, action, stage) });
    },
    build: async (options) => inScratch(place, async (folder) => {
      const plan = await evaluateWorkTree();
      const lines = await localBuild({ place, folder, plan: options.forgiving ? searchesOf(plan) : plan, cells: cellsIn(place, folder), workTree, ...options });
      if (!options.forgiving) await keepLastBuild(place, { folder, at: systemClock.wall(), staged: options.staged, lines });
      return lines;
    }),
    fix: async ({ advisories, ...options }) => inScratch(place, async (folder) => {
      const commit = await resolve(repository, 'HEAD');
      if (commit === undefined) throw new TrunklineError('COMMIT_UNKNOWN', 'usage', 'nothing is committed here yet', 'commit, then ask again');
      return fix({ place, folder, cells: cellsIn(place, folder), workTree, commit, plan: await evaluated((checkedOut) => checkout(repository, commit, checkedOut)), wanted: advisories, now: systemClock.now(), ...options });
    }),
    verify: async (artifact) => verifyStored(place, repositoryName, folded(), artifact),
    gc: async () => collect(place),
    init: async () => {
      const { files, trunk } = await lookAt(repository);
      const made = firstPipeline({ files, folder: basename(repository.root), trunk, read: (path) => (files.includes(path) ? readFileSync(join(repository.root, path), 'utf8') : undefined) });
      for (const { path, text } of made) {
        await mkdir(dirname(join(repository.root, path)), { recursive: true });
        await writeFile(join(repository.root, path), text, { flag: 'wx' });
      }
      return made.map(({ path }) => path);
    },
  };
}

function localHost(running: Awaited<ReturnType<typeof startHost>>, user: string, environments: EnvironmentProvider): LocalHost {
  const { host } = running;
  return {
    command: (command, asker) => host.command(command, asker, originHere('host')),
    watch: (after, signal) => host.watch(after, signal),
    idle: () => host.idle(),
    follow: async (signal, tell) => {
      const troubles = new Troubles(tell);
      const isOver = (): boolean => signal.aborted || host.isOver;
      await Promise.all([pollTrunk(host, user, troubles, isOver, signal), keepAwake(environments, troubles, isOver, signal)]);
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

/** Looks at the trunk again and again, and begins a run of each commit that has none. One that is refused keeps no other from its own. */
async function pollTrunk(host: EmbeddedHost, user: string, troubles: Troubles, isOver: () => boolean, signal: AbortSignal): Promise<void> {
  while (!isOver()) {
    await troubles.during('the trunk', async () => {
      try {
        await beforeEnd(host.command({ type: 'poll' }, user), signal);
      } catch (error) {
        // Where nothing was ever seen, the pipeline is set up for another repository than this.
        if (errorRecord(error).class === 'usage' && host.state.trunk.commits.size === 0) throw new SetUpWrongly(error);
        throw error;
      }
    }, isOver);
    for (const commit of dueCommits(host.state)) {
      await troubles.during(`commit ${commit.slice(0, 12)}`, () => beforeEnd(host.command({ type: 'run', commit, again: false }, BY_THE_TRUNK), signal), isOver);
    }
    await systemClock.sleep(POLL_EVERY, signal).catch(() => undefined); // it rejects only when the signal aborts
  }
}

/** A region whose agent died is started again by any question but `observe`. Each is asked for itself: one that is silent delays no other. */
async function keepAwake(environments: EnvironmentProvider, troubles: Troubles, isOver: () => boolean, signal: AbortSignal): Promise<void> {
  const asked = new Set<string>();
  while (!isOver()) {
    await troubles.during('the environments', async () => {
      for (const id of await environments.regions()) {
        const name = `${id.environment}/${id.region}`;
        if (asked.has(name)) continue;
        asked.add(name);
        void troubles.during(name, () => wake(environments.region(id)), isOver).finally(() => asked.delete(name));
      }
    }, isOver);
    await systemClock.sleep(POLL_EVERY, signal).catch(() => undefined); // it rejects only when the signal aborts
  }
}

async function wake(region: EnvironmentDriver): Promise<void> {
  const { launched, stable, candidate } = await region.observe();
  const healthy = [stable, candidate].reduce((sum, release) => sum + (release?.instances.healthy ?? 0), 0);
  if (launched && (stable ?? candidate) && healthy === 0) await region.telemetry(systemClock.now());
}

async function missingFor(given: CheckContext, action: ActionPlan, stage: StagePlan): Promise<readonly string[]> {
  const kind = plainKinds.find((one) => one.kind === action.kind);
  if (!kind) return ['approval', 'rollout', 'verify'].includes(action.kind) ? [] : [`there is no action of kind "${action.kind}"`];
  const input = kind.input.safeParse(action.input);
  if (!input.success) return input.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return kind.missing(input.data, { ...given, ...(stage.environment ? { environment: stage.environment } : {}) });
}

/** A folder of its own for one command, gone afterwards. */
async function inScratch<Value>(place: Place, act: (folder: string) => Promise<Value>): Promise<Value> {
  await mkdir(place.scratch, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(place.scratch, 'command-'));
  try {
    return await act(folder);
  } finally {
    await removeFolder(folder);
  }
}

/** Keeps what is live, what can be rolled back to, what is under way and what can be tried again; the rest goes. No host may work meanwhile. */
async function collect(place: Place): Promise<Awaited<ReturnType<Product['gc']>>> {
  using _lock = takeHostLock(place.state);
  const state = emptyState();
  const journal = existsSync(place.journal) ? openJournalReadOnly(place.journal, headTrust(place)) : undefined;
  for (const event of journal?.read(0) ?? []) evolve(state, event);
  journal?.close();
  const keep = new Set<Digest>();
  for (const run of state.runs.values()) if (run.artifact && (!run.finished || run.finished.outcome === 'SUCCEEDED')) keep.add(run.artifact);
  for (const live of state.live.values()) keep.add(live.artifact);
  for (const settled of state.settled.values()) for (const { artifact, release } of settled) if (!state.bad.has(release)) keep.add(artifact);
  // An artifact is never made again: without it, a run that failed could not be tried again.
  const retryable = [...state.runs.values()].filter((run) => run.artifact !== undefined && !keep.has(run.artifact) && whyNoRetry(state, run) === undefined);
  for (const { artifact } of retryable) if (artifact) keep.add(artifact);
  const store = await openDiskStore(place.artifacts);
  // What was stored of late may belong to a run that has not packaged yet.
  const { blobs, bytes } = await store.collect(keep, systemClock.wall() - 86_400_000);
  const forgotten = await forgetKept(place, systemClock.wall());
  await removeFolder(place.scratch);
  if (![...state.unfinished].some((id) => currentStage(state.runs.get(id)!) !== undefined)) await removeFolder(place.work);
  return { bytes: bytes + forgotten.bytes, removed: blobs + forgotten.entries, kept: retryable.map(({ id }) => id) };
}

