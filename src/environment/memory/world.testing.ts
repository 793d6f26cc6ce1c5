import type { Clock } from '../../foundation/clock.ts';
import type { EnvironmentProvider, RegionId } from '../driver.ts';
import type { Behaviour } from './behaviour.testing.ts';
import { MemoryRegion } from './region.testing.ts';

export interface MemoryWorldSpec {
  readonly clock: Clock;
  /** How many requests a second customers send to each region; whole. */
  readonly requestsPerSecond?: number;
  /** By the commit of the release; what is not named behaves well. */
  readonly behaviours?: { readonly [commit: string]: Behaviour };
}

/** What outlives the control plane when environments are kept in memory: open as many providers on it as you like. */
export class MemoryWorld {
  readonly clock: Clock;
  requestsPerSecond: number;
  readonly #behaviours: Map<string, Behaviour>;
  readonly #regions = new Map<string, { readonly id: RegionId; readonly region: MemoryRegion }>();

  constructor({ clock, requestsPerSecond = 0, behaviours = {} }: MemoryWorldSpec) {
    this.clock = clock;
    this.requestsPerSecond = requestsPerSecond;
    this.#behaviours = new Map(Object.entries(behaviours));
  }

  behaviour(commit: string): Behaviour {
    return this.#behaviours.get(commit) ?? {};
  }

  /** From now on releases of that commit behave so, also those that run. */
  behave(commit: string, behaviour: Behaviour): void {
    this.#behaviours.set(commit, behaviour);
  }

  region(id: RegionId): MemoryRegion {
    const name = `${id.environment}/${id.region}`;
    const known = this.#regions.get(name);
    if (known) return known.region;
    const region = new MemoryRegion(this, name);
    this.#regions.set(name, { id, region });
    return region;
  }

  launched(): readonly RegionId[] {
    return [...this.#regions.values()].filter(({ region }) => region.isLaunched).map(({ id }) => id);
  }
}

export function memoryEnvironments(world: MemoryWorld): EnvironmentProvider {
  return { region: (id, turn) => (turn ? world.region(id).of(turn) : world.region(id)), regions: async () => world.launched() };
}
