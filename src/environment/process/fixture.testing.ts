/** A real, tiny application and a place for its regions: for tests. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { request } from 'undici';
import { contentOf, listingOf, type ReleaseFiles } from '../../artifact/listing.ts';
import { digestOf } from '../../foundation/digest.ts';
import type { Conduct } from '../contract.testing.ts';
import { RELEASE_HEADER, type EnvironmentProvider, type RegionId, type Release } from '../driver.ts';
import { processEnvironments, type ProcessEnvironmentsSpec } from './driver.ts';

export const APP = `
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
const conduct = readFileSync('conduct', 'utf8');
const counts = { 200: 0, 500: 0 };
if (conduct === 'broken') { console.log('no shoes, no service: ' + process.env.TOKEN); process.exit(7); }
const server = createServer((request, response) => {
  if (request.url === '/healthz') return void response.writeHead(conduct === 'slow' ? 503 : 200).end();
  if (request.url === '/metrics') return void response.end(Object.entries(counts).map(([status, count]) => 'http_requests_total{status="' + status + '"} ' + count + '\\n').join(''));
  if (request.url === '/environment') return void response.end(JSON.stringify(process.env));
  if (request.url === '/exit') return void process.exit(3);
  const status = conduct === 'failing' ? 500 : 200;
  counts[status]++;
  if (request.url === '/slow') return void setTimeout(() => response.writeHead(status).end('slow'), 300);
  response.writeHead(status).end('hello');
});
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

export const PROBE = `
interface Probe { url: string; fetch: typeof fetch; assert: typeof import('node:assert/strict') }
export default async function home({ fetch, assert }: Probe): Promise<void> {
  const answer = await fetch('/');
  assert.equal(answer.status, 200);
}
`;

export interface Fixture {
  readonly state: string;
  readonly root: string;
  readonly provider: EnvironmentProvider;
  reopen(more?: Partial<ProcessEnvironmentsSpec>): EnvironmentProvider;
  release(id: string, conduct?: Conduct, files?: { readonly [path: string]: string }): Promise<{ readonly release: Release; readonly files: ReleaseFiles }>;
  visit(region: RegionId, count: number): Promise<readonly (string | undefined)[]>;
}

/** Everything that it launches is removed after the test. */
export async function fixture(t: TestContext, options: Partial<ProcessEnvironmentsSpec> & { readonly folder?: string } = {}): Promise<Fixture> {
  const base = await mkdtemp(join(tmpdir(), 'trunkline-regions-'));
  const { folder = 'state', ...spec } = options;
  const state = join(base, folder);
  const root = join(state, 'environments');
  const open = (more: Partial<ProcessEnvironmentsSpec> = {}): EnvironmentProvider => processEnvironments({ root, stateFolder: state, ...spec, ...more });
  const provider = open();
  t.after(async () => {
    for (const id of await provider.regions()) await provider.region(id).remove(new AbortController().signal);
    await rm(base, { recursive: true, force: true });
  });
  return {
    state, root, provider, reopen: open,
    release: async (id, conduct = 'good', more = {}) => {
      const files = join(base, 'artifacts', id);
      for (const [path, text] of Object.entries({ 'app.mjs': APP, conduct, 'probes/home.ts': PROBE, ...more })) {
        await mkdir(join(files, path, '..'), { recursive: true });
        await writeFile(join(files, path), text);
      }
      return { release: { id, artifact: digestOf(`${id} ${conduct}`), commit: id.padStart(40, '0'), sequence: Number.parseInt(id.slice(1), 10) }, files: { folder: files, content: contentOf(await listingOf(files)) } };
    },
    visit: async (id, count) => {
      const { url } = await provider.region(id).observe();
      const answers: (string | undefined)[] = [];
      for (let n = 0; n < count; n++) {
        const { headers, body } = await request(url ?? '', { reset: true }); // a kept connection may lead to an agent that is dead
        await body.dump();
        answers.push(headers[RELEASE_HEADER] as string | undefined);
      }
      return answers;
    },
  };
}
