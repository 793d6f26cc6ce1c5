/** What a cell costs: 40 commands at once in a cell against 40 bare processes, in one run: `node bench/spawn.ts`. Prints ratios. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cell } from '../src/runner/cell.ts';
import { openCells } from '../src/runner/cells.ts';
import { openLog } from '../src/runner/log.ts';

const COMMANDS = 40;
const ROUNDS = 7;

async function bare(): Promise<void> {
  await Promise.all(Array.from({ length: COMMANDS }, () => new Promise<void>((resolve, reject) => {
    const child = spawn('true', [], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.once('error', reject);
    child.once('close', () => resolve());
  })));
}

async function inCell(cell: Cell, logs: string): Promise<void> {
  await Promise.all(Array.from({ length: COMMANDS }, async (_, index) => {
    const log = openLog(join(logs, `${index}.log`), { secrets: [] });
    await cell.run({ attempt: String(index), command: ['true'], timeout: 60_000, signal: new AbortController().signal, log });
    await log.close();
  }));
}

async function best(act: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    await act();
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}

const state = await mkdtemp(join(tmpdir(), 'trunkline-bench-'));
try {
  const [workdir, logs] = [join(state, 'work'), join(state, 'logs')];
  await Promise.all([mkdir(workdir), mkdir(logs)]);
  const cells = openCells({ records: join(state, 'cells'), marker: state, npmrc: '' });
  const open = (): Promise<Cell> => cells.open({ id: 'bench', workdir, hidden: [state] });
  const opening = await best(async () => (await open()).close());
  const cell = await open();
  const plain = await best(bare);
  const held = await best(() => inCell(cell, logs));
  await cell.close();
  console.log(`isolation ${cells.isolation}: ${COMMANDS} commands ${held.toFixed(0)} ms, bare ${plain.toFixed(0)} ms, ratio ${(held / plain).toFixed(2)} (aim: 2.00); opening and closing a cell ${opening.toFixed(1)} ms`);
} finally {
  await rm(state, { recursive: true });
}
