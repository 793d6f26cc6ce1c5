/** A log of 100 MB through the masking log, against a plain pipe copy to disk: `node bench/masking.ts`. Prints the ratio. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openLog } from '../src/runner/log.ts';

const MEGABYTES = 100;
const ROUNDS = 5;
const secrets = [
  'correct-horse-battery', 'Zk9+/tT0ken==value', 'p4ssw0rd with spaces & signs', 'ghs_16C7e42F292c6912E7710c838347Ae178B4a',
  Array.from({ length: 26 }, (_, index) => Buffer.from(`line-${index}-${'x'.repeat(index)}`).toString('base64').padEnd(64, 'k')).join('\n'),
];

/** Lines as a build prints them, one in a thousand with a secret. */
function sampleMegabyte(): Buffer {
  const lines: string[] = [];
  for (let bytes = 0, line = 0; bytes < 1_048_576; line += 1) {
    const text = `2026-01-02T03:04:05.${String(line % 1_000).padStart(3, '0')}Z info compiled src/module-${line}.ts in ${line % 97} ms${line % 1_000 === 0 ? ` with ${secrets[0]}` : ''}\n`;
    lines.push(text);
    bytes += text.length;
  }
  return Buffer.from(lines.join('')).subarray(0, 1_048_576);
}

async function timed(source: string, sink: (output: Readable) => Promise<void>): Promise<number> {
  const start = performance.now();
  const child = spawn('cat', [source], { stdio: ['ignore', 'pipe', 'inherit'] });
  await sink(child.stdout);
  return performance.now() - start;
}

const folder = await mkdtemp(join(tmpdir(), 'trunkline-bench-'));
try {
  const source = join(folder, 'source.log');
  const megabyte = sampleMegabyte();
  const file = await open(source, 'w');
  for (let count = 0; count < MEGABYTES; count += 1) await file.write(megabyte);
  await file.close();

  const plain: number[] = [];
  const masked: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const copy = join(folder, 'copy.log');
    plain.push(await timed(source, (output) => pipeline(output, createWriteStream(copy))));
    await rm(copy);
    const log = openLog(copy, { secrets, limitBytes: 2 * MEGABYTES * 1_048_576 });
    masked.push(await timed(source, async (output) => {
      for await (const chunk of output) log.write(chunk as Buffer);
      await log.close();
    }));
    await rm(copy);
  }
  const best = (times: readonly number[]): number => Math.min(...times);
  console.log(`${MEGABYTES} MB: plain pipe copy ${best(plain).toFixed(0)} ms, masking log with ${secrets.length} secrets ${best(masked).toFixed(0)} ms, ratio ${(best(masked) / best(plain)).toFixed(2)} (aim: 1.20)`);
} finally {
  await rm(folder, { recursive: true });
}
