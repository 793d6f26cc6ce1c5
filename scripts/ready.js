// Installs what the project needs, once per lock file. Plain JavaScript: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packagedNode } from '../bin/packaged-node.js';
import { makeReadable } from './readable.js';

/** What a cell or another user's story needs of this clone, beside its packages; what else lies here stays as it is. */
const OWN = ['bin', 'demo', 'examples', 'src', 'test', 'package.json', 'tsconfig.json'];

const root = fileURLToPath(new URL('..', import.meta.url));

/** Makes `node_modules` what the lock file says, and gives the Node that runs the project. */
export function ready() {
  const lock = createHash('sha256').update(readFileSync(`${root}package-lock.json`)).digest('hex');
  const mark = `${root}node_modules/.trunkline-installed`;
  if (!existsSync(mark) || readFileSync(mark, 'utf8') !== lock) {
    process.stdout.write('Installing what Trunkline needs (once; a minute or so) …\n');
    const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: 'inherit' });
    if (status !== 0) {
      process.stderr.write('The installation failed: npm says why above. Trunkline needs the npm registry once.\n');
      process.exit(1);
    }
    makeReadable(`${root}node_modules`);
    writeFileSync(mark, lock);
  }
  for (const name of OWN) makeReadable(root + name);
  const node = packagedNode(import.meta.url);
  if (node === undefined) {
    process.stderr.write(`There is no Node 24 for ${process.platform} ${process.arch} among the packages; install Node 24 and try again.\n`);
    process.exit(1);
  }
  return { node, root };
}

/** Runs a program of the project under its Node; gives its exit code. */
export function runNode(args, options = {}) {
  const { node, root: cwd } = ready();
  const { status, signal } = spawnSync(node, args, { cwd, stdio: 'inherit', ...options });
  return signal === null ? status ?? 1 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ready();
