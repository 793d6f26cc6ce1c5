import { randomBytes } from 'node:crypto';
import { chmod, mkdir, realpath, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../foundation/clock.ts';
import { digestOf } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import { removeFolder } from '../foundation/removal.ts';
import type { Millis } from '../foundation/units.ts';
import type { Cell, Cells, CellSpec, Isolation } from './cell.ts';
import { surroundings, userName } from './command-environment.ts';
import { startInGroup } from './group/attempt.ts';
import { bearsCell, bearsEarlierHost, groupName, type Mark } from './marks.ts';
import { reapRecords } from './namespaces/records.ts';
import { seal } from './namespaces/sealed.ts';
import { mavenSettings } from '../network/proxy-variables.ts';
import { mavenMirrors } from '../network/registries.ts';
import { removeGroups } from '../sandbox/control-group.ts';
import { DEFAULT_LIMITS, type Limits } from '../sandbox/limits.ts';
import { findTools, type Tools } from '../sandbox/tools.ts';
import { npmSettings } from './npm-settings.ts';
import { endMarked } from '../sandbox/processes.ts';
import { type CellParts, RunningCell } from './running-cell.ts';

export interface CellsOptions {
  /** A folder for what each living cell needs, and for what proves a dead one dead. Below the state folder. */
  readonly records: string;
  /** Names the state folder: its processes carry it, and {@link Cells.reap} looks for it. */
  readonly marker: string;
  /** Between telling a command to end and ending it. */
  readonly grace?: Millis;
  readonly clock?: Clock;
  /** `none` does without namespaces where they could be had; default is what the machine allows. */
  readonly isolation?: 'none';
  /** The `.npmrc` in a cell's HOME; default is how this machine's npm reaches its registries. */
  readonly npmrc?: string;
  /** Whether commands find the name and password of the machine's proxy; default is that they don't. */
  readonly proxyCredentials?: boolean | undefined;
  /** What one cell may use; of what is left out, the defaults hold. */
  readonly limits?: { readonly [what in keyof Limits]?: Limits[what] | undefined } | undefined;
  /** Hosts that the operator counts among the registries of this machine, also private ones. */
  readonly registries?: readonly string[] | undefined;
}

const GRACE: Millis = 2_000;

export function openCells(options: CellsOptions): Cells {
  const found = options.isolation === 'none' ? { weakness: 'isolation was put off for this host' } : findTools();
  return 'weakness' in found ? new MachineCells(options, undefined, found.weakness) : new MachineCells(options, found, undefined);
}

class MachineCells implements Cells {
  readonly isolation: Isolation;
  readonly network: 'own' | 'machine';
  readonly weakness: string | undefined;
  readonly #records: string;
  readonly #clock: Clock;
  readonly #grace: Millis;
  readonly #tools: Tools | undefined;
  readonly #mark: Pick<Mark, 'state' | 'host'>;
  readonly #living = new Set<string>();
  readonly #proxyCredentials: boolean;
  readonly #registries: readonly string[];
  readonly #limits: Limits;
  #npmrc: Promise<string> | undefined;

  constructor({ records, marker, clock = systemClock, grace = GRACE, npmrc, proxyCredentials = false, registries = [], limits = {} }: CellsOptions, tools: Tools | undefined, weakness: string | undefined) {
    this.isolation = tools ? 'namespaces' : 'none';
    this.weakness = weakness;
    this.network = tools?.loopback === undefined ? 'machine' : 'own';
    this.#registries = registries;
    this.#limits = { memory: limits.memory ?? DEFAULT_LIMITS.memory, processes: limits.processes ?? DEFAULT_LIMITS.processes, disk: limits.disk ?? DEFAULT_LIMITS.disk };
    this.#records = records;
    this.#clock = clock;
    this.#grace = grace;
    this.#tools = tools;
    this.#proxyCredentials = proxyCredentials;
    this.#mark = { state: digestOf(marker).slice(7, 23), host: randomBytes(6).toString('hex') };
    this.#npmrc = npmrc === undefined ? undefined : Promise.resolve(npmrc);
  }

  async open(spec: CellSpec): Promise<Cell> {
    const name = `cell-${encodeURIComponent(spec.id)}`;
    if (this.#living.has(name)) throw new TrunklineError('CELL_OPEN', 'bug', `the cell ${spec.id} is open already`);
    this.#living.add(name);
    const scratch = join(this.#records, name);
    const clear = async (): Promise<void> => {
      await removeFolder(scratch).finally(() => this.#living.delete(name));
    };
    try {
      // One of the same name may have been left by a host that died.
      await reapRecords(this.#records, (other) => other !== name);
      const [mine, ours] = [groupName({ ...this.#mark, cell: spec.id }), groupName({ state: this.#mark.state })];
      await removeGroups((other) => other.startsWith(ours) && other !== mine && other.endsWith(mine.slice(mine.lastIndexOf('-'))));
      await this.#furnish(scratch);
      const workdir = { named: spec.workdir, real: await realpath(spec.workdir) };
      const held = await this.#hold(spec, workdir.real, scratch, { ...this.#mark, cell: spec.id });
      return new RunningCell({ id: spec.id, isolation: this.isolation, workdir, clock: this.#clock, grace: this.#grace, clear, ...held });
    } catch (error) {
      await clear();
      throw error;
    }
  }

  async reap(): Promise<number> {
    const held = await reapRecords(this.#records, (name) => this.#living.has(name));
    const ended = held + await endMarked(bearsEarlierHost(this.#mark));
    const { state, host } = this.#mark;
    await removeGroups((name) => name.startsWith(groupName({ state })) && !name.startsWith(groupName({ state, host })));
    return ended;
  }

  async #furnish(scratch: string): Promise<void> {
    this.#npmrc ??= npmSettings({ proxies: this.network === 'machine' });
    const [home, temporary, gates] = [join(scratch, 'home'), join(scratch, 'tmp'), join(scratch, 'gates')];
    await mkdir(home, { recursive: true, mode: 0o700 });
    await mkdir(temporary);
    await chmod(temporary, 0o1777);
    // Passed but not read: a command finds its own gate by its name, and no other's.
    await mkdir(gates);
    await chmod(gates, 0o311);
    await writeFile(join(home, '.npmrc'), await this.#npmrc);
    if (this.network === 'machine') return;
    await mkdir(join(home, '.m2'));
    await writeFile(join(home, '.m2', 'settings.xml'), mavenSettings(mavenMirrors(homedir())));
  }

  async #hold({ hidden }: CellSpec, workdir: string, scratch: string, mark: Mark): Promise<Pick<CellParts, 'start' | 'open' | 'watch' | 'end' | 'require'>> {
    const proxyCredentials = this.#proxyCredentials;
    if (this.#tools) return seal({ tools: this.#tools, mark, workdir, hidden: [...hidden, this.#records], scratch: await realpath(scratch), proxyCredentials, registries: this.#registries, limits: this.#limits });
    const base = surroundings({ host: process.env, user: userName(), home: join(scratch, 'home'), temporary: join(scratch, 'tmp'), proxyCredentials });
    return { start: startInGroup(base, mark), end: async () => void await endMarked(bearsCell(mark)), open: async () => undefined, watch: () => ({ hit: async () => undefined }), require: async () => {} };
  }
}
