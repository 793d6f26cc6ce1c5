import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeFolder } from '../../foundation/removal.ts';
import type { ArtifactStore } from '../../artifact/store.ts';
import { contentOf, type Listing, type ReleaseFiles } from '../../artifact/listing.ts';
import { unpack } from '../../artifact/unpack.ts';
import type { Run } from '../../core/state.ts';
import type { StageName } from '../../pipeline/plan.ts';
import type { Left } from './left-behind.ts';

/** Whoever uses them compares what it reads: the folder is the host user's, and others may run as that user. */
export interface VerifiedFiles extends ReleaseFiles { readonly listing: Listing }

/**
 * The unpacked files of releases, once for all regions of a stage: every byte is verified as it is unpacked. Each
 * entry of a stage unpacks anew, because what was sound in Beta may have been changed in the store before Prod.
 */
export class Releases {
  readonly #root: string;
  readonly #artifacts: ArtifactStore;
  readonly #unpacking = new Map<string, Promise<VerifiedFiles>>();

  constructor(root: string, artifacts: ArtifactStore) {
    this.#root = root;
    this.#artifacts = artifacts;
  }

  files(run: Run, stage: StageName): Promise<VerifiedFiles> {
    const folder = join(this.#of(run.id, stage), String(run.stages[stage]?.fence ?? 0));
    const known = this.#unpacking.get(folder) ?? this.#unpack(run, folder);
    this.#unpacking.set(folder, known);
    known.catch(() => this.#unpacking.delete(folder));
    return known;
  }

  async #unpack({ id, artifact }: Run, folder: string): Promise<VerifiedFiles> {
    if (!artifact) throw new Error(`run ${id} has packaged nothing yet`);
    // What an earlier host unpacked is not trusted: the bytes in the store are verified again.
    await removeFolder(folder);
    const { listing } = await unpack(this.#artifacts, artifact, folder);
    return { folder, listing, content: contentOf(listing) };
  }

  /** A stage of a run is over: regions have copies of their own. */
  async forget(run: string, stage: StageName): Promise<void> {
    const folder = this.#of(run, stage);
    const underWay = [...this.#unpacking].filter(([path]) => path.startsWith(join(folder, '/')));
    for (const [path] of underWay) this.#unpacking.delete(path);
    await Promise.allSettled(underWay.map(([, unpacking]) => unpacking));
    await removeFolder(folder);
  }

  /** Removes what any stage had unpacked. Answers what stays. */
  async clear(): Promise<readonly Left[]> {
    this.#unpacking.clear();
    const left: Left[] = [];
    for (const name of await readdir(this.#root).catch(() => [])) {
      const [run = '', stage] = name.split('.');
      await removeFolder(join(this.#root, name)).catch((error: unknown) => left.push({ run, stage: stage as StageName, error }));
    }
    return left;
  }

  #of(run: string, stage: StageName): string {
    return join(this.#root, `${run}.${stage}`);
  }
}
