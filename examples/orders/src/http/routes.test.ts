import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConfiguration } from '../configuration.ts';
import type { Database } from '../db/database.ts';
import { shopMetrics } from '../telemetry/shop-metrics.ts';
import { match } from './router.ts';
import { routesOf } from './routes.ts';

const root = join(import.meta.dirname, '..', '..');
const document = JSON.parse(readFileSync(join(root, 'openapi.json'), 'utf8')) as { paths: Record<string, Record<string, unknown>> };

/** Knows no book and no order. */
const empty: Database = { rows: async () => [], close: async () => {} };
const routes = routesOf({ database: empty, configuration: readConfiguration(join(root, 'config', 'app.json')), metrics: shopMetrics(), draining: () => false, now: () => new Date() }, root);

async function get(path: string) {
  const url = new URL(path, 'http://shop');
  const matched = match(routes, 'GET', url.pathname);
  assert.ok(matched.found, path);
  return matched.route.handler({ parameters: matched.parameters, query: url.searchParams, headers: {}, body: async () => undefined });
}

test('the OpenAPI document describes every route of the API, and no other', () => {
  const served = routes.filter(({ path }) => path.startsWith('/api/')).map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  const described = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  assert.deepEqual(served.sort(), described.sort());
});

test('the page and its files are served, each with its type', async () => {
  assert.equal((await get('/')).headers['content-type'], 'text/html; charset=utf-8');
  assert.equal((await get('/style.css')).headers['content-type'], 'text/css; charset=utf-8');
  assert.equal((await get('/openapi.json')).headers['content-type'], 'application/json; charset=utf-8');
});

test('what is not there is not found, also when it could be no order', async () => {
  assert.equal((await get('/api/books/9780000000000')).status, 404);
  assert.equal((await get('/api/orders/3f2a9c10-5b6d-4e8f-9a01-23456789abcd')).status, 404);
  assert.equal((await get("/api/orders/1';--")).status, 404);
});

test('a search asks for as many orders as a page can show', async () => {
  for (const limit of ['0', '101', 'many', '1.5']) assert.equal((await get(`/api/orders?limit=${limit}`)).status, 422, limit);
  assert.equal((await get('/api/orders?customer=Ada&limit=100')).status, 200);
});

test('metrics are there before the first request', async () => {
  const { headers, body } = await get('/metrics');
  assert.match(headers['content-type']!, /^application\/openmetrics-text; version=1\.0\.0/);
  assert.match(String(body), /# TYPE http_requests counter[^]*# EOF\n$/);
});
