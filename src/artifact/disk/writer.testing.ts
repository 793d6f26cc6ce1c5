/** Attests until it is killed, and prints a line for each attestation that was acknowledged. */
import { writeSync } from 'node:fs';
import type { Digest } from '../../foundation/units.ts';
import { openDiskStore } from './store.ts';

const [folder, artifact] = process.argv.slice(2) as [string, Digest];
const store = await openDiskStore(folder);
for (let number = 0; ; number += 1) {
  await store.attest(artifact, Buffer.from(`${process.pid}-${number}`), 'type');
  writeSync(1, `${number}\n`);
}
