import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { RegionId } from '../driver.ts';

/** Where everything of one region lies: one folder, readable by its owner alone. */
export interface Layout {
  readonly id: RegionId;
  readonly folder: string;
  /** Carried in the environment of every process of the region, so that survivors can be found. */
  readonly marker: string;
  readonly desired: string;
  /** The highest fence that was seen: changes of a lower one are refused. */
  readonly fence: string;
  readonly secrets: string;
  readonly counts: string;
  /** Who the agent is: the process whose end is the end of all. */
  readonly identity: string;
  /** Held by the agent while it lives. */
  readonly lock: string;
  /** Held by whoever starts an agent, until it answers. */
  readonly starting: string;
  readonly socket: string;
  readonly log: string;
  readonly releases: string;
  readonly logs: string;
  readonly homes: string;
  /** What instances keep: it outlives every release. */
  readonly data: string;
  /** Who runs what, where the agent is root. */
  readonly users: string;
  readonly database: string;
}

export const SOCKET = 'agent.sock';

export function layout(folder: string, id: RegionId): Layout {
  return {
    id,
    folder,
    marker: createHash('sha256').update(folder).digest('hex').slice(0, 32),
    desired: join(folder, 'desired.json'),
    fence: join(folder, 'fence.json'),
    secrets: join(folder, 'secrets.json'),
    counts: join(folder, 'counts.json'),
    identity: join(folder, 'agent.json'),
    lock: join(folder, 'agent.lock'),
    starting: join(folder, 'starting.lock'),
    socket: join(folder, SOCKET),
    log: join(folder, 'agent.log'),
    releases: join(folder, 'releases'),
    logs: join(folder, 'logs'),
    homes: join(folder, 'homes'),
    data: join(folder, 'data'),
    users: join(folder, 'users.json'),
    database: join(folder, 'database'),
  };
}

export function place({ environment, region }: RegionId): string {
  return `${environment}/${region}`;
}
