import { readFile } from 'node:fs/promises';
import { delimiter, dirname } from 'node:path';
import type { Secret } from '../../../foundation/secret.ts';
import { place, type Layout } from '../layout.ts';

/** Names and values of an environment. */
export interface Variables { readonly [name: string]: string }

/** By which every process of a region is found. */
export function marksOf({ marker }: Layout): Variables {
  return { TRUNKLINE_PLACE: marker };
}

/** What every process of a region finds in its environment; nothing of the agent's own passes. */
export function plainEnvironment({ id }: Layout): Variables {
  return {
    PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    LANG: process.env['LANG'] ?? 'C.UTF-8',
    TZ: process.env['TZ'] ?? 'UTC',
    TRUNKLINE_REGION: place(id),
  };
}

export function chosen(secrets: Variables, names: readonly string[]): Variables {
  return Object.fromEntries(Object.entries(secrets).filter(([name]) => names.includes(name)));
}

/** All of a database's address that no log may show. */
export function secretsOf(database: Secret | undefined): readonly string[] {
  const url = database?.reveal();
  return url === undefined ? [] : [url, new URL(url).password];
}

/** The secrets given at the last launch. */
export async function readSecrets(file: string): Promise<Variables> {
  return readFile(file, 'utf8').then((text) => JSON.parse(text) as Variables, (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return {};
    throw error;
  });
}
