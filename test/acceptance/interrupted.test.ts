/** A host that waits for the network, or for a region, when it is asked to end. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { processesNaming } from '../rig/processes.ts';
import { Story } from '../rig/story.ts';
import { until } from '../rig/waiting.ts';

/** A server of git that takes every request and answers none. */
async function deaf(): Promise<{ readonly server: Server; readonly url: string; readonly asked: () => number }> {
  let asked = 0;
  const server = createServer(() => void (asked += 1)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/trunk.git`, asked: () => asked };
}

for (const words of [['up'], ['run']]) {
  test(`trunkline ${words.join(' ')} hears that it should end while a fetch hangs, and leaves no git behind`, () => Story.told(async (story) => {
    story.kiosk({ number: 1 });
    const { server, url, asked } = await deaf();
    try {
      execFileSync('git', ['-C', story.repository, 'remote', 'add', 'origin', url]);
      const waits = story.begin(words);
      await until('a fetch', () => (asked() > 0 ? true : undefined));
      waits.child.kill('SIGTERM');
      const { code } = await waits.ended;
      assert.notEqual(code, null, 'it ended by itself');
      assert.ok(server.listening);
      assert.deepEqual(processesNaming(url).map(({ command }) => command), []);
      execFileSync('git', ['-C', story.repository, 'remote', 'remove', 'origin']);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }));
}
