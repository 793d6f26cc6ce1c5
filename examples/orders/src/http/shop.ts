import type { Configuration } from '../configuration.ts';
import type { Database } from '../db/database.ts';
import type { ShopMetrics } from '../telemetry/shop-metrics.ts';

/** What the handlers work with. */
export interface Shop {
  readonly database: Database;
  readonly configuration: Configuration;
  readonly metrics: ShopMetrics;
  readonly draining: () => boolean;
  readonly now: () => Date;
}
