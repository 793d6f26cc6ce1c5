import { CONTENT_TYPE } from '../telemetry/metrics.ts';
import { json, problem, text } from './answer.ts';
import type { Route } from './router.ts';
import type { Shop } from './shop.ts';

/** What machines ask: whether to send customers here, and how it goes. */
export function operationalRoutes({ database, metrics, draining }: Shop): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      operational: true,
      handler: async () => {
        if (draining()) return problem(503, 'this instance is leaving');
        await database.rows('SELECT 1');
        return json(200, { healthy: true }, { 'cache-control': 'no-store' });
      },
    },
    { method: 'GET', path: '/metrics', operational: true, handler: () => text(200, CONTENT_TYPE, metrics.expose()) },
  ];
}
