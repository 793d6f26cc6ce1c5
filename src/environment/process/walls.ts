import { TrunklineError } from '../../foundation/errors.ts';
import { productFolder } from '../../sandbox/needed.ts';
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
}

/** Where sockets and other people's files may lie. What is needed there is seen all the same. */
const OTHERS = ['/mnt', '/media', '/var/tmp'];

/** @throws {TrunklineError} `CELL_NOT_SEALED` where the agent can't do what this machine let its starter do. */
export async function wallsOf(layout: Layout, isolation: Isolation, hidden: readonly string[]): Promise<Walls> {
  // A repository that is the product's own clone: every probe needs the product.
  const all = { hidden: [...hidden.filter((path) => path !== productFolder()), ...OTHERS] };
  if (isolation === 'none') return { ...all, application: undefined, database: undefined };
  const tools = findTools();
  if ('weakness' in tools) throw new TrunklineError('CELL_NOT_SEALED', 'infra', tools.weakness, 'see that nothing has changed what namespaces this machine allows');
  const users = await usersOf(layout);
  // The network is the machine's: customers, the router and the database are met at its loopback addresses.
  return { ...all, application: { ...tools, loopback: undefined, stranger: users?.application }, database: { ...tools, loopback: undefined, stranger: users?.database } };
}
