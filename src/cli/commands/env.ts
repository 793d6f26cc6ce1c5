import type { EnvironmentDriver, RegionState } from '../../environment/driver.ts';
import { errorRecord, type ErrorRecord } from '../../foundation/errors.ts';
import type { Session } from '../command.ts';
import { instantAt } from '../../core/state.ts';
import { frozenIn, frozenText, type Frozen } from '../owed-again.ts';
import type { Product } from '../product.ts';
import type { Terminal } from '../terminal.ts';

/** One environment in one region: what runs there now, or what ran there last. Shares are in basis points. */
export interface RegionLine {
  readonly environment: string;
  readonly region: string;
  readonly state: 'up' | 'down' | 'unreadable';
  /** Why it can't be read now. */
  readonly error: ErrorRecord | null;
  readonly url: string | null;
  readonly database: string;
  /** The folder that outlives releases: where instances see it, and its bytes; `more` where not all were counted. */
  readonly data: { readonly path: string; readonly bytes: number; readonly more: boolean } | null;
  readonly releases: readonly { readonly run: string; readonly commit: string; readonly artifact: string; readonly role: 'stable' | 'candidate'; readonly weight: number; readonly healthy: number; readonly instances: number }[];
  /** For one that is down: when it ended, and what was live in it last. */
  readonly stoppedAt: number | null;
  /** What fails here and is owed: no run enters the environment before it is done. Times are epoch milliseconds. */
  readonly frozen: { readonly run: string; readonly effect: string; readonly attempts: number; readonly since: number; readonly retryAt: number; readonly error: ErrorRecord } | null;
  readonly lastLive: { readonly run: string; readonly commit: string; readonly artifact: string } | null;
}

/** `trunkline env` */
export async function env({ terminal, json, product: open }: Session): Promise<void> {
  const product = await open();
  if (json) terminal.json(await regionsOf(product));
  else await printRegions(terminal, product);
}

export async function printRegions(terminal: Terminal, product: Product): Promise<void> {
  const regions = await regionsOf(product);
  for (const frozen of frozenIn(product.state())) for (const line of frozenText(frozen, instantAt(product.state(), Date.now()))) terminal.print(line);
  if (regions.length === 0) return terminal.print('no environment was ever launched');
  terminal.table(['environment', 'region', 'share', 'release', 'commit', 'instances', 'address'], regions.flatMap((line) => {
    const place = [line.environment, line.region];
    if (line.state === 'down') {
      const last = line.lastLive ? `last live: ${line.lastLive.run}` : 'nothing was live';
      return [[...place, '-', last, line.lastLive?.commit.slice(0, 12) ?? '', '', `stopped ${line.stoppedAt === null ? '' : new Date(line.stoppedAt).toISOString()}`]];
    }
    if (line.error) return [[...place, '-', `can't be read: ${line.error.message}`, '', '', '']];
    if (line.releases.length === 0) return [[...place, '-', 'nothing yet', '', '', line.url ?? '']];
    return line.releases.map(({ run, commit, weight, role, healthy, instances }) => [...place, `${weight / 100} %`, `${run} (${role})`, commit.slice(0, 12), `${healthy}/${instances}`, line.url ?? '']);
  }));
  for (const { environment, region, data } of regions) {
    if (data) terminal.print(`${environment} ${region} keeps ${data.more ? 'more than ' : ''}${data.bytes.toLocaleString('en')} bytes in ${data.path}, until "trunkline down" ends it`);
  }
}

async function regionsOf(product: Product): Promise<RegionLine[]> {
  const pipeline = product.state();
  const { live } = pipeline;
  const frozen = frozenIn(pipeline);
  const environments = await product.environments();
  const up = await environments.regions();
  const places = new Set([...up.map(({ environment, region }) => `${environment}/${region}`), ...live.keys()]);
  return Promise.all([...places].sort(byStage).map(async (place): Promise<RegionLine> => {
    const [environment = '', region = ''] = place.split('/');
    const record = live.get(place);
    const isUp = up.some((id) => id.environment === environment && id.region === region);
    const state = isUp ? await observed(environments.region({ environment, region })) : undefined;
    const error = state?.error ?? null;
    const releases = ([['stable', state?.stable], ['candidate', state?.candidate]] as const).flatMap(([role, one]) => (one ? [{
      run: one.release.id, commit: one.release.commit, artifact: one.release.artifact, role, weight: one.weight, healthy: one.instances.healthy, instances: one.instances.total,
    }] : []));
    return {
      environment, region, state: error ? 'unreadable' : launchedOr(state), error, url: state?.url ?? null, database: state?.database ?? 'none', data: state?.data ?? null, releases,
      frozen: frozenAt(frozen, environment, region),
      stoppedAt: record?.removedAt ?? null, lastLive: record ? { run: record.run, commit: record.commit, artifact: record.artifact } : null,
    };
  }));
}

/** One region that is silent keeps no other from being shown. */
async function observed(region: EnvironmentDriver): Promise<Partial<RegionState> & { readonly error?: ErrorRecord }> {
  return region.observe().catch((thrown: unknown) => ({ error: errorRecord(thrown) }));
}

function launchedOr(state: Partial<RegionState> | undefined): 'up' | 'down' {
  return state?.launched ? 'up' : 'down';
}

function frozenAt(all: readonly Frozen[], environment: string, region: string): RegionLine['frozen'] {
  const found = all.find((one) => one.environment === environment && one.retry.region === region);
  if (!found) return null;
  const { effect, attempts, since, retryAt, error } = found.retry;
  return { run: found.run, effect, attempts, since, retryAt, error };
}

const ORDER = ['beta', 'gamma', 'prod'];

function byStage(a: string, b: string): number {
  return ORDER.indexOf(a.split('/')[0] ?? '') - ORDER.indexOf(b.split('/')[0] ?? '') || (a < b ? -1 : 1);
}
