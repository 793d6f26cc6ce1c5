import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';
import { sandboxSchema } from '../../runner/sandbox-settings.ts';
import { removeGroups } from '../../sandbox/control-group.ts';
import { DEFAULT_LIMITS, type Limits } from '../../sandbox/limits.ts';
import { productFolder } from '../../sandbox/needed.ts';
import type { Held } from '../../sandbox/room.ts';
import { findTools, type Tools } from '../../sandbox/tools.ts';
import type { Layout } from './layout.ts';
import type { Isolation } from './regional.ts';
import { usersOf } from './users.ts';

/** What all rooms of a region have in common. */
export interface Walls {
  /** Of the application and of the database; undefined where there are no namespaces. */
  readonly application: Tools | undefined;
  readonly database: Tools | undefined;
  /** Folders that do not exist inside. */
  readonly hidden: readonly string[];
  /** What one instance or prober may use, by the operator's file as it is now. @param name of the room, unique in the region */
  held(name: string): Promise<Held>;
}

/** Where sockets and other people's files may lie. What is needed there is seen all the same. */
const OTHERS = ['/mnt', '/media', '/var/tmp'];

/**
 * @param hidden the state folder first
 * @throws {TrunklineError} `CELL_NOT_SEALED` where the agent can't do what this machine let its starter do.
 */
export async function wallsOf(layout: Layout, isolation: Isolation, hidden: readonly string[]): Promise<Walls> {
  // A repository that is the product's own clone: every probe needs the product.
  const group = `trunkline-region-${layout.marker}-`;
  // An earlier agent that was killed left its own, and nothing of it lives.
  await removeGroups((name) => name.startsWith(group));
  const [state = ''] = hidden;
  const held = async (name: string): Promise<Held> => ({ group: group + name, limits: await limitsOf(join(state, 'sandbox.json')) });
  const all = { held, hidden: [...hidden.filter((path) => path !== productFolder()), ...OTHERS] };
  if (isolation === 'none') return { ...all, application: undefined, database: undefined };
  const tools = findTools();
  if ('weakness' in tools) throw new TrunklineError('CELL_NOT_SEALED', 'infra', tools.weakness, 'see that nothing has changed what namespaces this machine allows');
  const users = await usersOf(layout);
  // The network is the machine's: customers, the router and the database are met at its loopback addresses.
  return { ...all, application: { ...tools, loopback: undefined, stranger: users?.application }, database: { ...tools, loopback: undefined, stranger: users?.database } };
}

/** The operator's word (`sandbox.json`), else the defaults. A file that can't be read as that is refused by the host, and no reason here to stop serving. */
async function limitsOf(file: string): Promise<Limits> {
  const said = sandboxSchema.safeParse(await readFile(file, 'utf8').then((text) => JSON.parse(text) as unknown).catch(() => ({})));
  const { memory, processes, disk } = (said.success ? said.data.limits : undefined) ?? {};
  return { memory: memory ?? DEFAULT_LIMITS.memory, processes: processes ?? DEFAULT_LIMITS.processes, disk: disk ?? DEFAULT_LIMITS.disk };
}
