import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfiguration, surroundings } from './configuration.ts';
import { openDatabase } from './db/database.ts';
import { routesOf } from './http/routes.ts';
import { createWebServer } from './http/server.ts';
import { jsonLog } from './telemetry/log.ts';
import { shopMetrics } from './telemetry/shop-metrics.ts';

const root = join(import.meta.dirname, '..');
const log = jsonLog((line) => process.stdout.write(line));
const configuration = readConfiguration(join(root, 'config', 'app.json'));
const { host, port, databaseUrl } = surroundings(process.env);
const database = openDatabase(databaseUrl, configuration.database, log);
const metrics = shopMetrics();
let leaving = false;
const draining = (): boolean => leaving;

const server = createWebServer({
  routes: routesOf({ database, configuration, metrics, draining, now: () => new Date() }, root),
  bodyLimitBytes: configuration.http.bodyLimitBytes,
  log,
  draining,
  answered: ({ method, route, status, seconds }) => {
    metrics.requests.add({ method, route, status: String(status) });
    metrics.requestSeconds.observe({ method, route }, seconds);
  },
});

/** Takes no new connection, answers what was asked, and goes; whoever hangs longer than the drain is cut off. */
async function leave(signal: string): Promise<void> {
  if (leaving) return;
  leaving = true;
  log.info('leaving', { signal });
  const cut = setTimeout(() => server.closeAllConnections(), configuration.http.drainMs);
  server.close();
  await once(server, 'close');
  clearTimeout(cut);
  // A query that still hangs is nobody's any more, so it keeps nobody here.
  const closed = await Promise.race([database.close().then(() => true), sleep(500, false)]);
  log.info('left', { closed });
  process.exit(0);
}

process.on('SIGTERM', (signal) => void leave(signal));
process.on('SIGINT', (signal) => void leave(signal));

server.listen(port, host);
await once(server, 'listening');
log.info('listening', { host, port: (server.address() as AddressInfo).port });
