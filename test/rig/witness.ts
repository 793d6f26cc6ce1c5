/**
 * Hears of every command of a commit as it begins and ends: from outside, by a connection that the kernel closes with it.
 * A command has no network that leads here; a socket in the product's folder, which it sees, is none.
 */
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Witnessed {
  /** The attempt's key, as its processes carry it: `RUN/STAGE/FENCE/ACTION/ATTEMPT`. */
  readonly attempt: string;
  readonly pid: number;
  /** Others of the same action that were alive when this one began. */
  readonly beside: readonly string[];
  /** Whether it said that it had done its work. */
  ended: boolean;
}

/** What is installed is seen by every command. */
const SEEN = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

export class Witness implements AsyncDisposable {
  /** The folder in which its socket lies, called `socket`. */
  readonly folder: string;
  readonly seen: Witnessed[] = [];
  /** Commands of such attempts are kept waiting. */
  holds: RegExp | undefined;
  readonly #server;
  readonly #alive = new Map<Socket, Witnessed>();

  private constructor(server: ReturnType<typeof createServer>, folder: string) {
    this.#server = server;
    this.folder = folder;
    server.on('connection', (socket) => this.#hear(socket));
  }

  static async start(): Promise<Witness> {
    mkdirSync(SEEN, { recursive: true });
    const folder = mkdtempSync(join(SEEN, 'witness-'));
    chmodSync(folder, 0o755);
    const server = createServer();
    // The name of a socket may not be long, and the way to a clone is as long as it likes.
    const before = process.cwd();
    process.chdir(folder);
    server.listen('socket');
    await once(server, 'listening').finally(() => process.chdir(before));
    chmodSync(join(folder, 'socket'), 0o777);
    return new Witness(server, folder);
  }

  /** What ran for a run, in the order of its beginning. */
  of(run: string): readonly Witnessed[] {
    return this.seen.filter(({ attempt }) => attempt.startsWith(`${run}/`));
  }

  /** Commands of a run that live now. */
  alive(run: string): readonly Witnessed[] {
    return [...this.#alive.values()].filter(({ attempt }) => attempt.startsWith(`${run}/`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#alive.keys()) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #hear(socket: Socket): void {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const known = this.#alive.get(socket);
      if (!known && text.includes('\n')) this.#begin(socket, JSON.parse(text.slice(0, text.indexOf('\n'))) as { attempt: string; pid: number });
      else if (known && text.endsWith('end\n')) known.ended = true;
    });
    socket.on('error', () => undefined); // it was killed: `close` follows
    socket.once('close', () => this.#alive.delete(socket));
  }

  #begin(socket: Socket, { attempt, pid }: { readonly attempt: string; readonly pid: number }): void {
    const action = (key: string): string => key.slice(0, key.lastIndexOf('/'));
    const beside = [...this.#alive.values()].filter((other) => action(other.attempt) === action(attempt)).map((other) => other.attempt);
    const witnessed: Witnessed = { attempt, pid, beside, ended: false };
    this.seen.push(witnessed);
    this.#alive.set(socket, witnessed);
    if (!this.holds?.test(attempt)) socket.write('go\n');
  }
}
