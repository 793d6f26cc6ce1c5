import { existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';
import { systemClock, type Clock } from '../../foundation/clock.ts';
import type { Secret } from '../../foundation/secret.ts';
import type { Millis } from '../../foundation/units.ts';
import type { EnvironmentProvider, RegionId } from '../driver.ts';
import type { Isolation } from './regional.ts';
import { layout, type Layout } from './layout.ts';
import { ProcessDriver } from './region.ts';

export interface ProcessEnvironmentsSpec {
  /** The folder of all regions, below `stateFolder`. */
  readonly root: string;
  /** Hidden from everything that runs in a region. */
  readonly stateFolder: string;
  /** The values that a plan names in `secrets`. @throws {TrunklineError} when there is none of that name. */
  readonly secret?: (id: RegionId, name: string) => Promise<Secret>;
  /** What else is hidden from it: the repository and its git folder. */
  readonly hidden?: readonly string[];
  /** What regions are held together by; default is the best that this machine can do. */
  readonly isolation?: Isolation;
  /** For how long an agent may be silent before it is taken for dead; default is 20 s. */
  readonly silence?: Millis;
  /** Whose instants telemetry is asked for and told in. */
  readonly clock?: Clock;
}

/** Regions as processes of this machine: each has an agent of its own, which outlives the control plane. */
export function processEnvironments({ root, stateFolder, hidden = [], secret = noSecret, isolation, silence, clock = systemClock }: ProcessEnvironmentsSpec): EnvironmentProvider {
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const state = realpathSync(stateFolder);
  const base = realpathSync(root);
  if (!base.startsWith(`${state}/`)) throw new TrunklineError('ROOT_OUTSIDE', 'usage', `${root} is not below ${stateFolder}`, 'keep environments in the state folder');
  const of = (id: RegionId): Layout => layout(join(base, plain(id.environment), plain(id.region)), id);
  return {
    region: (id, turn) => new ProcessDriver({ layout: of(id), clock, ...(silence === undefined ? {} : { silence }), ...(turn ? { caller: { run: turn.run, fence: turn.fence } } : {}), surroundings: { hidden: [state, ...hidden], ...(isolation ? { isolation } : {}) }, secret: (name) => secret(id, name) }),
    regions: async () => folders(base).flatMap((environment) => folders(join(base, environment))
      .map((region) => ({ environment, region })).filter((id) => wasBegun(of(id)))),
  };
}

/** Also where a launch was broken off half way: it can be removed like any other. */
function wasBegun({ desired, identity }: Layout): boolean {
  return existsSync(desired) || existsSync(identity);
}

function folders(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory() && NAME.test(entry.name)).map(({ name }) => name).sort();
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Names become folders. */
function plain(name: string): string {
  if (NAME.test(name)) return name;
  throw new TrunklineError('NAME_INVALID', 'usage', `"${name}" can't name an environment or a region`, 'write lower-case letters, digits and dashes, a letter first');
}

async function noSecret({ environment }: RegionId, name: string): Promise<Secret> {
  throw new TrunklineError('SECRET_MISSING', 'usage', `environment ${environment} needs the secret ${name}, and none is set`, `set it with "trunkline secret set ${name}"`);
}
