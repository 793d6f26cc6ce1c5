import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import type { TestContext } from 'node:test';

/** Exchanges a folder with a link as fast as it can, as code of a commit could: at any time the name means the one or the other. */
const EXCHANGING = `
import ctypes, sys
libc = ctypes.CDLL(None)
a, b = sys.argv[1].encode(), sys.argv[2].encode()
if libc.renameat2(-100, a, -100, b, 2) != 0: sys.exit(3)
print('racing', flush=True)
while True: libc.renameat2(-100, a, -100, b, 2)
`;

/** Without renameat2 there are moments in which the name means nothing. */
const RENAMING = `
const { renameSync } = require('node:fs');
const [folder, link] = process.argv.slice(1);
console.log('racing');
for (;;) { renameSync(folder, folder + '.aside'); renameSync(link, folder); renameSync(folder, link); renameSync(folder + '.aside', folder); }
`;

export interface Race { stop(): Promise<void> }

/** @param link is made, and leads to `elsewhere`. */
export async function race(t: TestContext, folder: string, link: string, elsewhere: string): Promise<Race> {
  symlinkSync(elsewhere, link);
  const python = ['-c', EXCHANGING, folder, link];
  const canExchange = process.platform === 'linux' && spawnSync('python3', ['-c', 'import ctypes; ctypes.CDLL(None).renameat2']).status === 0;
  if (!canExchange) t.diagnostic('there is no python3 with renameat2(2) here: the racer renames instead, which wins less often');
  const child = canExchange ? spawn('python3', python, { stdio: ['ignore', 'pipe', 'inherit'] }) : spawn(process.execPath, ['-e', RENAMING, folder, link], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  t.after(stop);
  await once(child.stdout, 'data');
  return { stop };
}
