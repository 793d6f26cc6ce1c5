import { readFileSync } from 'node:fs';
import type { DatabaseSettings } from './db/database.ts';

/** What is the same wherever the shop runs. */
export interface Configuration {
  readonly shop: {
    readonly name: string;
    readonly currency: string;
    readonly homeCountry: string;
    readonly freeDeliveryFromCents: number;
    readonly largestQuantity: number;
  };
  readonly database: DatabaseSettings;
  readonly http: { readonly bodyLimitBytes: number; readonly drainMs: number };
}

/** What differs from place to place. */
export interface Surroundings {
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string;
}

export function readConfiguration(file: string): Configuration {
  return JSON.parse(readFileSync(file, 'utf8')) as Configuration;
}

/** @throws {Error} naming the variable that is missing or wrong, never its value */
export function surroundings(env: Readonly<Record<string, string | undefined>>): Surroundings {
  const port = Number(env['PORT']);
  if (!env['PORT'] || !Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('PORT must be a port to listen on');
  const databaseUrl = env['DATABASE_URL'];
  if (!databaseUrl) throw new Error('DATABASE_URL must be the address of the database');
  return { host: env['HOST'] ?? '127.0.0.1', port, databaseUrl };
}
