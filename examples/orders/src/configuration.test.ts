import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join } from 'node:path';
import { readConfiguration, surroundings } from './configuration.ts';

test('what differs from place to place comes from the environment', () => {
  assert.deepEqual(surroundings({ PORT: '8080', DATABASE_URL: 'postgres://db/orders' }), { host: '127.0.0.1', port: 8080, databaseUrl: 'postgres://db/orders' });
});

test('a missing or wrong variable is named, and its value is not', () => {
  assert.throws(() => surroundings({ DATABASE_URL: 'postgres://db/orders' }), /PORT/);
  assert.throws(() => surroundings({ PORT: 'eighty', DATABASE_URL: 'x' }), (error: Error) => error.message.includes('PORT') && !error.message.includes('eighty'));
  assert.throws(() => surroundings({ PORT: '8080' }), /DATABASE_URL/);
});

test('the configuration that ships names no place', () => {
  const file = join(import.meta.dirname, '..', 'config', 'app.json');
  assert.equal(readConfiguration(file).shop.homeCountry, 'DE');
  assert.doesNotMatch(JSON.stringify(readConfiguration(file)), /:\/\/|beta|gamma|prod|localhost|password/i);
});
