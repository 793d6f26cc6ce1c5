import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { openGate } from '../../network/gate.ts';
import { PROXY_PORT } from '../../network/proxy-variables.ts';
import { placeOf, type Allowed } from '../../network/reach.ts';
import { registriesOf } from '../../network/registries.ts';
import type { Reach } from '../cell.ts';
import type { Opened } from '../running-cell.ts';

/**
 * Opens a gate for one command, in a folder of the cell whose names nobody inside can list. What a commit names is
 * reached only where it is of the world; what the operator names, and the ports of the stage's own environment, also here.
 */
export async function openWay(gates: string, reach: Reach | undefined, registries: readonly string[]): Promise<Opened | undefined> {
  const { hosts = 'none', ports = [] } = reach ?? {};
  if (hosts === 'none' && ports.length === 0) return undefined;
  const name = randomBytes(16).toString('hex');
  const allowed = [...allowedOf(hosts, registries), ...ports.map((port): Allowed => ({ host: '127.0.0.1', port, inner: true }))];
  const opened = await openGate(gates, name, { allowed, host: process.env });
  const listened = hosts === 'none' ? [] : [PROXY_PORT];
  return { relay: { gate: join(gates, name), ports: [...new Set([...listened, ...ports])] }, refused: opened.refused, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
}

/** Among hosts, `registries` stands for all of them; a host that is one of them is what the operator says of it. */
function allowedOf(hosts: Reach['hosts'], registries: readonly string[]): readonly Allowed[] {
  if (hosts === 'none') return [];
  const known = registriesOf(process.env, homedir(), registries);
  if (hosts === 'registries') return known;
  const named = hosts.filter((text) => text !== 'registries').map((text) => placeOf(text, false));
  return [...named, ...(hosts.includes('registries') ? known : known.filter(({ host }) => hosts.includes(host)))];
}
