import { join } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';
import { credentialPlaces } from '../../sandbox/credentials.ts';
import { enclose } from '../../sandbox/enclosure.ts';
import { handOver } from '../../sandbox/hand-over.ts';
import { startHolder } from '../../sandbox/holder.ts';
import { hitText, hold } from '../../sandbox/holding.ts';
import { homes } from '../../sandbox/homes.ts';
import type { Limits } from '../../sandbox/limits.ts';
import { neededPaths, productFolder } from '../../sandbox/needed.ts';
import { lives } from '../../sandbox/processes.ts';
import { requireOpen } from '../../sandbox/strangers.ts';
import type { Tools } from '../../sandbox/tools.ts';
import { surroundings, userName, withoutProxies } from '../command-environment.ts';
import { groupName, type Mark, markVariables } from '../marks.ts';
import type { CellParts } from '../running-cell.ts';
import { startInside } from './attempt.ts';
import { openWay } from './way.ts';
import { recordCell } from './records.ts';

/** Where others put things for everyone, sockets among them. */
const SHARED = ['/var/tmp'];

export interface Sealing {
  readonly tools: Tools;
  readonly mark: Mark;
  readonly workdir: string;
  readonly hidden: readonly string[];
  /** The cell's own folder, with `home` and `tmp` in it. */
  readonly scratch: string;
  readonly proxyCredentials: boolean;
  readonly registries: readonly string[];
  readonly limits: Limits;
}

/** Makes a cell's namespaces. Homes and credentials are hidden too, but for the programs in them. */
export async function seal({ tools, mark, workdir, hidden, scratch, proxyCredentials, registries, limits }: Sealing): Promise<Pick<CellParts, 'start' | 'open' | 'watch' | 'end' | 'require'>> {
  const { stranger } = tools;
  const home = join(scratch, 'home');
  if (stranger) await requireOpen(productFolder());
  if (stranger) for (const folder of [workdir, home, join(scratch, 'tmp')]) await handOver(folder, stranger);
  const enclosure = await enclose({ workdir, writable: true, scratch, hidden: [...hidden, ...homes(), ...SHARED, ...credentialPlaces(process.env)], needed: neededPaths(process.env), passages: [join(scratch, 'gates')], asStranger: stranger !== undefined });
  const holder = await startHolder({ tools, enclosure, scratch, marks: markVariables(mark), begun: (first) => recordCell(scratch, first) });
  const holding = await hold(groupName(mark), limits, [workdir, scratch], tools.prlimit);
  const own = tools.loopback !== undefined;
  const base = surroundings({ host: own ? withoutProxies(process.env) : process.env, user: stranger ? 'nobody' : userName(), home, temporary: '/tmp', proxyCredentials });
  return {
    start: startInside(tools, holder.first.pid, base, mark, holding.words),
    open: async (reach) => (own ? openWay(join(scratch, 'gates'), reach, registries) : undefined),
    watch: (stop) => {
      const watch = holding.watch(stop);
      return { hit: async () => hitText(await watch.hit(), limits) };
    },
    async end() {
      await holder.end();
      await holding.end();
    },
    async require() {
      if (await lives(holder.first)) return;
      throw new TrunklineError('CELL_DIED', 'infra', 'the cell was ended from outside while a command ran in it', 'see whether the machine ran out of memory, and retry');
    },
  };
}
