/** A file system of a few megabytes, in a mount namespace of its own, which stories fill to the last byte. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';

const isRoot = process.getuid?.() === 0;

export class SmallDisk {
  readonly folder: string;
  /** Words before those of a command that is to see it. */
  readonly through: readonly string[];
  readonly #holder: ChildProcess;

  private constructor(folder: string, holder: ChildProcess) {
    this.folder = folder;
    this.#holder = holder;
    this.through = ['nsenter', '--target', String(holder.pid), ...(isRoot ? [] : ['--user', '--preserve-credentials']), '--mount'];
  }

  static async mounted(folder: string, megabytes: number): Promise<SmallDisk> {
    mkdirSync(folder, { recursive: true });
    const namespace = isRoot ? ['--mount'] : ['--user', '--map-current-user', '--keep-caps', '--mount'];
    const holder = spawn('unshare', [...namespace, 'sh', '-c', 'mount -t tmpfs -o "size=$2m,mode=0700" tmpfs "$1" && exec sh -c "echo mounted && read forever"', 'sh', folder, String(megabytes)], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [said] = await Promise.race([once(holder.stdout!, 'data'), once(holder, 'exit').then(() => ['no file system could be mounted'])]) as [unknown];
    if (String(said).trim() !== 'mounted') throw new Error(String(said));
    return new SmallDisk(folder, holder);
  }

  /** Leaves so many bytes free, and no more. */
  fill(free: number): void {
    this.#sh('rm -f "$1/filler"; left=$(df --output=avail -B1 "$1" | tail -1); head -c $((left - $2)) /dev/zero > "$1/filler"', String(free));
  }

  clear(): void {
    this.#sh('rm -f "$1/filler"');
  }

  /** Files below a folder of it. */
  files(folder: string): readonly string[] {
    return this.#sh('test ! -d "$1/$2" || find "$1/$2" -type f', folder).split('\n').filter(Boolean);
  }

  async unmounted(): Promise<void> {
    if (this.#holder.exitCode !== null) return;
    this.#holder.stdin?.end();
    await once(this.#holder, 'exit');
  }

  #sh(script: string, ...words: string[]): string {
    const [command, ...rest] = this.through;
    return execFileSync(command!, [...rest, 'sh', '-ec', script, 'sh', this.folder, ...words], { encoding: 'utf8' });
  }
}
