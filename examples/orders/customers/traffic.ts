/**
 * Customers of the shop, who are no part of it:
 *
 *     node customers/traffic.ts --url http://127.0.0.1:8080 [--url URL …] [--rate 20] [--seconds 60] [--seed 1]
 *
 * They come at the rate (visits per second, all addresses together) whether or not the shop keeps up, until the time
 * is over or SIGTERM ends it. Then one line of JSON says what they met. Only addresses of this machine are visited.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { chanceFrom } from './customers.ts';
import { Tally } from './tally.ts';
import { visit } from './visit.ts';

const MOST_AT_ONCE = 200;
const { urls, rate, seconds, seed } = options();
const tally = new Tally();
const over = new AbortController();
const underWay = new Set<Promise<void>>();
process.on('SIGTERM', () => over.abort());
process.on('SIGINT', () => over.abort());

const began = performance.now();
for (let number = 0; number < rate * seconds && !over.signal.aborted; number += 1) {
  const due = began + (number * 1000) / rate;
  await sleep(Math.max(0, due - performance.now()), undefined, { signal: over.signal }).catch(() => {}); // only ever ended by us
  if (over.signal.aborted) break;
  if (underWay.size >= MOST_AT_ONCE) {
    tally.shed();
    continue;
  }
  // Each visit has a seed of its own: who comes does not depend on how fast others are answered.
  const visiting = visit(urls[number % urls.length]!, chanceFrom(seed * 1_000_003 + number), tally);
  underWay.add(visiting);
  void visiting.finally(() => underWay.delete(visiting));
}
await Promise.all(underWay);
process.stdout.write(`${JSON.stringify(tally.summary())}\n`);

function options() {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', multiple: true, default: [] },
      rate: { type: 'string', default: '20' },
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (values.url.length === 0 || !values.url.every(isHere)) usage('--url must be an address of this machine, such as http://127.0.0.1:8080');
  return {
    urls: values.url,
    rate: within('rate', values.rate, 1, 500),
    seconds: within('seconds', values.seconds, 1, 3600),
    seed: within('seed', values.seed, 0, 1_000_000),
  };
}

function isHere(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'http:' && (/^127(\.\d+){3}$/.test(url.hostname) || url.hostname === '[::1]' || /(^|\.)localhost$/.test(url.hostname));
}

function within(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text === '' || !(value >= least && value <= most)) usage(`--${name} must be a number from ${least} to ${most}`);
  return value;
}

function usage(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
