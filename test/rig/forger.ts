/** Someone who can write to the artifact store, knows how Trunkline writes it, and has a key; only not the right one. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeBundle, signStatement } from '../../src/artifact/bundle.ts';
import { openDiskStore } from '../../src/artifact/disk/store.ts';
import { keyIdOf, type Signer } from '../../src/artifact/keys.ts';
import { decodeNames, encodeNames } from '../../src/artifact/layoutindex.ts';
import type { Statement } from '../../src/artifact/statement.ts';
import type { Digest } from '../../src/foundation/units.ts';

/** Puts things back as they were. */
export type Undo = () => void;

export function blobPath(state: string, digest: string): string {
  return join(state, 'artifacts/blobs/sha256', digest.slice('sha256:'.length));
}

/** Flips the lowest bit of the byte in the middle of a file. */
export function flip(path: string): Undo {
  const bytes = readFileSync(path);
  const flipped = Buffer.from(bytes);
  const middle = flipped.length >> 1;
  flipped[middle] = flipped[middle]! ^ 1;
  writeFileSync(path, flipped);
  return () => writeFileSync(path, bytes);
}

/** Gives an artifact other attestations, in a store that is sound as such: those that `make` makes of the true ones. */
export async function forge(state: string, artifact: Digest, make: (statement: Statement, bundle: Uint8Array) => Uint8Array | undefined | Promise<Uint8Array | undefined>): Promise<Undo> {
  const store = await openDiskStore(join(state, 'artifacts'));
  const index = join(state, 'artifacts/index.json');
  const truth = readFileSync(index);
  const attestations = await store.attestations(artifact);
  writeFileSync(index, encodeNames(new Map([...decodeNames(truth)].filter(([name]) => name !== artifact.replace(':', '-')))));
  for (const { bundle } of attestations) {
    const statement = JSON.parse(Buffer.from(decodeBundle(bundle).payload).toString('utf8')) as Statement;
    const forged = await make(statement, bundle);
    if (forged) await store.attest(artifact, forged, statement.predicateType);
  }
  return () => writeFileSync(index, truth);
}

/** Signs as Trunkline does, with a key of the forger's own. */
export function resigner(): (statement: Statement) => Promise<Uint8Array> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const signer: Signer = { keyid: keyIdOf(publicKey), sign: async (message) => sign(null, message, privateKey) };
  return (statement) => signStatement(statement, [signer]);
}
