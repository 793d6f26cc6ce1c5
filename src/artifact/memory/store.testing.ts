import { digestOf } from '../../foundation/digest.ts';
import type { Digest, Instant } from '../../foundation/units.ts';
import { LayoutStore } from '../layout.ts';
import { encodeNames } from '../layoutindex.ts';
import type { Medium, StoredBlob } from '../medium.ts';
import type { Descriptor } from '../store.ts';

/** A store that ends with the process. */
export function memoryStore(now: () => Instant = Date.now): LayoutStore {
  return new LayoutStore(new MemoryMedium(now));
}

/** An OCI image layout in memory. */
export class MemoryMedium implements Medium {
  readonly #now: () => Instant;
  readonly blobs = new Map<Digest, { readonly bytes: Uint8Array; readonly storedAt: Instant }>();
  index: Uint8Array = encodeNames(new Map());
  #queue: Promise<unknown> = Promise.resolve();

  constructor(now: () => Instant) {
    this.#now = now;
  }

  async write(bytes: AsyncIterable<Uint8Array> | Uint8Array): Promise<Descriptor> {
    const pieces: Uint8Array[] = [];
    for await (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) pieces.push(piece);
    const whole = Buffer.concat(pieces);
    const digest = digestOf(whole);
    this.blobs.set(digest, { bytes: whole, storedAt: this.#now() });
    return { digest, size: whole.byteLength };
  }

  async read(digest: Digest): Promise<AsyncIterable<Uint8Array> | undefined> {
    const blob = this.blobs.get(digest);
    return blob && (async function* () { yield Uint8Array.from(blob.bytes); })();
  }

  async list(): Promise<readonly StoredBlob[]> {
    return [...this.blobs].map(([digest, { bytes, storedAt }]) => ({ digest, size: bytes.byteLength, storedAt }));
  }

  async remove(digest: Digest, before: Instant): Promise<boolean> {
    const blob = this.blobs.get(digest);
    return blob !== undefined && blob.storedAt < before && this.blobs.delete(digest);
  }

  async readIndex(): Promise<Uint8Array> {
    return this.index;
  }

  async replaceIndex(bytes: Uint8Array): Promise<void> {
    this.index = Uint8Array.from(bytes);
  }

  async sweep(): Promise<number> {
    return 0;
  }

  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#queue.then(work);
    this.#queue = mine.catch(() => {});
    return await mine;
  }
}
