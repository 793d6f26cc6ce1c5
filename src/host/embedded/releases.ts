import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactStore } from '../../artifact/store.ts';
import { unpack } from '../../artifact/unpack.ts';
import type { Run } from '../../core/state.ts';
import type { Digest } from '../../foundation/units.ts';

/** The unpacked files of releases: verified as they are unpacked, once for all regions of a run. */
export class Releases {
  readonly #root: string;
  readonly #artifacts: ArtifactStore;
  readonly #unpacking = new Map<Digest, Promise<string>>();

  constructor(root: string, artifacts: ArtifactStore) {
    this.#root = root;
    this.#artifacts = artifacts;
  }

  files(run: Run): Promise<string> {
    if (!run.artifact) throw new Error(`run ${run.id} has packaged nothing yet`);
    const artifact = run.artifact;
    const known = this.#unpacking.get(artifact) ?? this.#unpack(artifact);
    this.#unpacking.set(artifact, known);
    known.catch(() => this.#unpacking.delete(artifact));
    return known;
  }

  async #unpack(artifact: Digest): Promise<string> {
    const folder = join(this.#root, artifact.slice('sha256:'.length));
    // What an earlier host unpacked is not trusted: the bytes in the store are verified again.
    if (await stat(folder).then(() => true, () => false)) await rm(folder, { recursive: true, force: true });
    await unpack(this.#artifacts, artifact, folder);
    return folder;
  }

  /** Removes all unpacked files; regions have copies of their own. */
  async clear(): Promise<void> {
    this.#unpacking.clear();
    await rm(this.#root, { recursive: true, force: true });
  }
}
