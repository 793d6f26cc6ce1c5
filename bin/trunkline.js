#!/usr/bin/env node
// Plain JavaScript for any Node from 20 on: finds the Node that Trunkline brings, and runs Trunkline under it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { packagedNode } from './packaged-node.js';

const built = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const source = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const main = existsSync(source) && !import.meta.url.includes('/node_modules/') ? source : built;
const node = packagedNode(import.meta.url);

if (node === undefined) {
  process.stderr.write(`trunkline: it needs Node 24 or newer; this is ${process.version}, and the one that npm brings is not installed\n  install again without --omit=optional, or use Node 24\n`);
  process.exit(2);
}

const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]));
