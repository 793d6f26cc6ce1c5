/** The composition root's larger half: picks the adapters of every port and joins them to a host. */
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { ActionKind } from './actions/action.ts';
import { playwright } from './actions/acceptance/playwright.ts';
import { alarms } from './actions/alarms/alarms.ts';
import { authoriseKind } from './actions/authorise/authorise.ts';
import { dbmate } from './actions/database/dbmate.ts';
import { cucumber } from './actions/integration/cucumber.ts';
import { launch } from './actions/launch/launch.ts';
import { archive } from './actions/package/archive.ts';
import { probes } from './actions/probes/probes.ts';
import { staticAnalysis } from './actions/sast/static-analysis.ts';
import { npmSbom } from './actions/sbom/npm-sbom.ts';
import { noFeed } from './actions/sca/feed.ts';
import { httpsFeed } from './actions/sca/https-feed.ts';
import { osvKind } from './actions/sca/osv.ts';
import { openScans, noScans } from './actions/secrets/scans.ts';
import { secretlintKind } from './actions/secrets/secretlint.ts';
import { shell } from './actions/shell/shell.ts';
import { commitKind } from './actions/source/commit.ts';
import { planKind } from './actions/source/plan.ts';
import { sourceRowsKind } from './actions/source/rows.ts';
import { verifyKind } from './actions/verify/verify.ts';
import { openDiskStore } from './artifact/disk/store.ts';
import { openKeys } from './artifact/keys/file/keyfile.ts';
import type { ArtifactStore } from './artifact/store.ts';
import { approvalsNeeded } from './core/approval-rule.ts';
import type { PipelineState } from './core/state.ts';
import type { EnvironmentProvider, RegionId, RegionState } from './environment/driver.ts';
import { withDeadlines } from './environment/deadlines.ts';
import { processEnvironments } from './environment/process/driver.ts';
import { systemClock, type Clock } from './foundation/clock.ts';
import { Timeline } from './foundation/timeline.ts';
import { TrunklineError } from './foundation/errors.ts';
import type { Instant } from './foundation/units.ts';
import { removeFolder } from './foundation/removal.ts';
import type { Effects } from './host/effects.ts';
import { adopted } from './host/embedded/adopting.ts';
import { LocalEffects } from './host/embedded/effects.ts';
import { EmbeddedHost } from './host/embedded/host.ts';
import { catchStrays } from './host/embedded/strays.ts';
import { Releases } from './host/embedded/releases.ts';
import { SecretFiles } from './host/embedded/secrets.ts';
import { Workspaces } from './host/embedded/workspaces.ts';
import type { Event } from './journal/events.ts';
import type { Journal } from './journal/journal.ts';
import { openJournal } from './journal/sqlite/journal.ts';
import { headKeys } from './journal-keys.ts';
import { takeHostLock } from './journal/sqlite/lock.ts';
import { evaluateConfig } from './pipeline/evaluate.ts';
import { keptByTrunk } from './kept.ts';
import type { Place } from './place.ts';
import type { Cells } from './runner/cell.ts';
import { openCells } from './runner/cells.ts';
import { openLog } from './runner/log.ts';
import { openToolbox } from './tool-rows.ts';
import { toolsOfPlan } from './pipeline/tools.ts';
import { serve } from './server/server.ts';
import { pinApproval, readOperators, readSandbox, type PipelineSettings } from './settings.ts';
import { checkout } from './source/git/checkout.ts';
import { openHistory } from './source/git/history.ts';
import { trackedAt } from './source/git/tracked.ts';
import { openTrunk } from './source/git/trunk.ts';

export const CONFIG = 'trunkline.config.ts';

type Checkout = (commit: string, folder: string) => Promise<void>;

/** Wraps the ports through which a host touches the world; the crash tests use it to end the process at each touch. */
export interface Wrapping {
  readonly journal: (journal: Journal) => Journal;
  readonly effects: (effects: Effects) => Effects;
  readonly artifacts: (artifacts: ArtifactStore) => ArtifactStore;
  readonly environments: (environments: EnvironmentProvider) => EnvironmentProvider;
  readonly cells: (cells: Cells) => Cells;
  readonly checkout: (checkout: Checkout) => Checkout;
}

const unwrapped: Wrapping = {
  journal: (journal) => journal, effects: (effects) => effects, artifacts: (artifacts) => artifacts,
  environments: (environments) => environments, cells: (cells) => cells, checkout: (lay) => lay,
};

/** Kinds that know nothing but their input: what `trunkline check` can ask, and what any host runs. */
export const plainKinds: readonly ActionKind[] = [shell, npmSbom, archive, launch, dbmate, cucumber, playwright, alarms, probes, secretlintKind(noScans), osvKind(noFeed), staticAnalysis];

export interface RunningHost extends AsyncDisposable {
  readonly host: EmbeddedHost;
}

interface Starting {
  readonly place: Place;
  readonly settings: PipelineSettings;
  readonly repositoryName: string;
  readonly wrap?: Wrapping;
  readonly tell?: (line: string) => void;
}

/** Becomes the host of a state folder. @throws {TrunklineError} `HOST_RUNNING`. */
export async function startHost({ place: given, settings, repositoryName, wrap = unwrapped, tell }: Starting): Promise<RunningHost> {
  const closing = new AbortController();
  const place = { ...given, repository: { ...given.repository, signal: closing.signal } };
  const lock = takeHostLock(place.state);
  const stack = new AsyncDisposableStack();
  try {
    stack.defer(() => lock.release());
    const { signer, trusted } = await openKeys(place.keys);
    const journal = openJournal(place.journal, headKeys(place, signer));
    stack.defer(() => journal.close());
    const trunk = await openTrunk(place.repository, settings.trunk);
    const artifacts = wrap.artifacts(await openDiskStore(place.artifacts));
    const cells = wrap.cells(cellsOf(place));
    const timeline = new Timeline();
    const environments = wrap.environments(environmentsOf(place, timeline));
    const secrets = new SecretFiles(place.secrets);
    const releases = new Releases(place.releases, artifacts);
    const workspaces = new Workspaces({ root: place.work, cells, hidden: place.hidden, checkout: wrap.checkout((commit, folder) => checkout(place.repository, commit, folder)) });
    const tools = openToolbox();
    const builder = builderOf(settings.application);
    let host: EmbeddedHost | undefined;
    const state = (): PipelineState => {
      if (!host) throw new Error('asked for the state before the host has begun');
      return host.state;
    };
    const kinds: readonly ActionKind[] = [
      ...plainKinds,
      secretlintKind(openScans(place.scans)),
      osvKind(httpsFeed({ folder: place.advisories, clock: systemClock, inner: readSandbox(place.sandbox).registries })),
      commitKind({
        verify: async (commit) => void await trunk.find(commit), tracked: ({ commit }) => trackedAt(place.repository, commit),
        mayLeaveEmpty: settings.submodules === 'leave-empty',
      }),
      planKind(async (context) => {
        const cell = await context.cell();
        const plan = await evaluateConfig(cell, { config: join(context.workdir, CONFIG), log: context.writer, signal: context.signal, timeout: context.timeout });
        if (plan.trunk !== settings.trunk) throw new TrunklineError('TRUNK_DIFFERS', 'refused', `the commit says that its trunk is "${plan.trunk}", and this pipeline's is "${settings.trunk}"`, `an operator changes it in ${place.pipeline}`);
        return { ...plan, tools: [...await tools.now(toolsOfPlan(plan))] };
      }),
      sourceRowsKind({ tracked: ({ commit }) => trackedAt(place.repository, commit), ...(repositoryName.startsWith('file://') ? {} : { remote: repositoryName }) }),
      authoriseKind(signer, (run) => {
        const started = state().runs.get(run);
        return { by: started?.by ?? 'nobody', reason: started?.reason ?? '', at: started?.startedAt ?? 0 };
      }),
      verifyKind({ keys: trusted, builder, repository: repositoryName, acceptsUnisolated: () => readOperators(place.operators).acceptsUnisolatedBuilds === true, facts: (run, environment) => factsOf(state(), run, environment) }),
    ];
    await Promise.all([place.logs, place.reports, place.work].map((folder) => mkdir(folder, { recursive: true, mode: 0o700 })));
    const byName = new Map(kinds.map((kind) => [kind.kind, kind]));
    const effects = new LocalEffects({
      clock: timeline, kinds: byName, adopt: (value) => adopted(value, byName), artifacts, environments, releases, workspaces, cells,
      isolation: cells.isolation, network: cells.network, secret: (name) => secrets.get(name), reports: place.reports, history: (commit) => openHistory(place.repository, { commit }), signer, builder, repository: repositoryName, results: keptByTrunk(place), tools,
      log: async (path) => {
        const file = join(place.logs, path);
        await mkdir(dirname(file), { recursive: true });
        return openLog(file, { secrets: await secrets.all() });
      },
    });
    host = await EmbeddedHost.start({
      clock: timeline, timeline, journal: wrap.journal(journal), effects: wrap.effects(effects), closing, ...(tell ? { tell } : {}),
      capacity: { builds: availableParallelism() }, operators: () => readOperators(place.operators), pin: (rule) => pinApproval(place.operators, rule),
      look: async ({ trunk: seen }) => {
        const movement = await trunk.since([...seen.commits.values()].filter(({ orphaned }) => !orphaned).map(({ id }) => id));
        return { type: 'trunk-seen', ...movement };
      },
      down: (environment, user, now) => down(environments, environment, { user, now: timeline.now() }, now),
    });
    stack.use(catchStrays(host));
    stack.use(host);
    stack.use(await serve(host, place.socket));
    const moved = stack.move();
    return { host, [Symbol.asyncDispose]: () => moved.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Who builds and verifies here, as attestations name it. */
export function builderOf(application: string): string {
  return `trunkline:local/${application}`;
}

export function cellsOf(place: Place) {
  return openCells({ records: place.cells, marker: place.state, ...readSandbox(place.sandbox) });
}

/** Cells of a command that is no host: none that begins beside it takes them for those of an earlier one. */
export function cellsIn(place: Place, folder: string) {
  return openCells({ records: join(folder, 'cells'), marker: folder, ...readSandbox(place.sandbox) });
}

export function environmentsOf(place: Place, clock: Clock = systemClock) {
  return withDeadlines(processEnvironments({ clock, root: place.environments, stateFolder: place.state, hidden: place.hidden, secret: (_region, name) => new SecretFiles(place.secrets).get(name) }), systemClock);
}

/** What the journal knows about a release and the environment that it goes to. */
function factsOf(state: PipelineState, id: string, environment: string) {
  const run = state.runs.get(id);
  const origin = run?.restores === undefined ? run : state.runs.get(run.restores);
  if (!origin?.plan) throw new Error(`run ${id} has no plan to be verified by`);
  const settled = [...state.runs.values()].filter((other) => other.kind === 'STANDARD' && state.trunk.commits.get(other.commit)?.orphaned !== true && Object.values(other.stages).some((stage) => stage?.rollout?.environment === environment && stage.rollout.state.phase === 'settled'));
  return {
    plan: origin.plan.digest,
    approvals: origin.approval ? approvalsNeeded(origin.approval) : 1,
    ...(settled.length === 0 ? {} : { highest: Math.max(...settled.map(({ sequence }) => sequence)) }),
    floor: state.latest,
  };
}

/** Ends every region, or those of one environment, and says what was live there. */
async function down(environments: EnvironmentProvider, environment: string | undefined, { user, now }: { readonly user: string; readonly now: Instant }, { live }: PipelineState): Promise<{ readonly events: readonly Event[]; readonly failure?: Error }> {
  const isMeant = (id: RegionId): boolean => environment === undefined || id.environment === environment;
  const removed = ({ environment: name, region }: RegionId, release: string | undefined, data?: RegionState['data']): Event => ({
    type: 'environment-removed', at: now, environment: name, region, by: user, ...(release === undefined ? {} : { release }), ...(data ? { data: { path: data.path, bytes: data.bytes } } : {}),
  });
  const up = (await environments.regions()).filter(isMeant);
  const ended = await Promise.allSettled(up.map(async (id) => {
    const driver = environments.region(id);
    const { stable, data } = await driver.observe().catch((): Partial<RegionState> => ({})); // one that is silent is ended all the same
    await driver.remove(new AbortController().signal);
    return removed(id, stable?.release.id, data);
  }));
  // A host that died while it took them down had ended these, and written nothing.
  const gone = [...live].flatMap(([place, { run, removedAt }]) => {
    const [name = '', region = ''] = place.split('/');
    const id = { environment: name, region };
    return removedAt === undefined && isMeant(id) && !up.some((other) => other.environment === name && other.region === region) ? [removed(id, run)] : [];
  });
  const failed = ended.find((each) => each.status === 'rejected');
  const events = [...ended.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])), ...gone];
  return { events, ...(failed ? { failure: failed.reason as Error } : {}) };
}

/** Removes what commands left in the scratch folder when they were ended. */
export async function clearScratch(place: Place): Promise<void> {
  await removeFolder(place.scratch);
}
