import { join } from 'node:path';
import { bookRoutes } from './books.ts';
import { fileAt, filesOf } from './files.ts';
import { operationalRoutes } from './operations.ts';
import { orderRoutes } from './orders.ts';
import type { Route } from './router.ts';
import type { Shop } from './shop.ts';

/** @param root the folder that has `public/` and `openapi.json` */
export function routesOf(shop: Shop, root: string): readonly Route[] {
  return [
    ...bookRoutes(shop),
    ...orderRoutes(shop),
    ...operationalRoutes(shop),
    fileAt('/openapi.json', join(root, 'openapi.json')),
    ...filesOf(join(root, 'public')),
  ];
}
