import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Who uses the platform's own deadline, and why its raw error reaches nobody. Others take `lateAfter`. */
const WORDED: { readonly [path: string]: string } = {
  'src/actions/sast/analysis.ts': 'ends a child; the file is named with "it takes too long"',
  'src/actions/sca/https-feed.ts': 'reasonOf says "it takes too long"',
  'src/actions/secrets/scanner.ts': 'ends a thread; the file becomes a finding',
  'src/environment/process/agent/fleet.ts': 'becomes INSTANCE_UNHEALTHY',
  'src/environment/process/agent/life.ts': 'becomes a line of the instance\'s log in words of its own',
  'src/environment/process/postgres-serving.ts': 'becomes POSTGRES_START',
  'src/environment/process/prober/main.ts': 'becomes "not done within" in the outcome of the probe',
  'src/foundation/aside.ts': 'becomes READING_TOO_COSTLY',
  'src/local/own-context.ts': 'ends a command, whose exit says "timeout"',
};

test('the platform\'s own deadlines are used only where their error is put into words', () => {
  const users = globSync('src/**/*.ts', { cwd: root }).map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !/\.(?:test|fixture)\.ts$/.test(path) && /AbortSignal\.timeout\(/.test(readFileSync(`${root}/${path}`, 'utf8')));
  assert.deepEqual(users.toSorted(), Object.keys(WORDED).toSorted());
});
