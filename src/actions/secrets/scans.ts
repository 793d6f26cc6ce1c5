import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RULE_SET, type Hit } from './leak.ts';

/** What is known of contents that were searched before, by git's name of each: content never changes, so neither does what is in it. */
export interface Scans {
  /** The hits of a content; undefined where it was not searched by these rules, or was at another path. */
  read(): Promise<ReadonlyMap<string, readonly Hit[]>>;
  add(searched: ReadonlyMap<string, readonly Hit[]>): Promise<void>;
}

/** Of a command that keeps nothing: it knows nothing, and forgets everything. */
export const noScans: Scans = { read: async () => new Map(), add: async () => undefined };

const MOST_BYTES = 128 * 1024 * 1024;

/**
 * One line per content, `ID -` for a clean one, else `ID [hits]`, with no secret in it. A line that a crash cut off says
 * nothing. Only runs of the trunk may add: what a branch or a developer's folder said is not believed.
 */
export function openScans(folder: string): Scans {
  const file = join(folder, `secrets-${RULE_SET}.lines`);
  return {
    read: async () => {
      const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw error;
      });
      return new Map(text.slice(0, text.lastIndexOf('\n') + 1).split('\n').flatMap((line) => parsed(line)));
    },
    add: async (searched) => {
      if (searched.size === 0) return;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const lines = [...searched].map(([id, hits]) => `${id} ${hits.length === 0 ? '-' : JSON.stringify(hits)}\n`).join('');
      // The newline before ends a line that a crash may have cut off.
      if (lines.length <= MOST_BYTES) await appendFile(file, `\n${lines}`, { mode: 0o600 });
    },
  };
}

export function readOnly(scans: Scans): Scans {
  return { read: () => scans.read(), add: async () => undefined };
}

function parsed(line: string): [string, readonly Hit[]][] {
  const [, id = '', rest = ''] = /^([0-9a-f]{40}|[0-9a-f]{64}) (-|\[.*\])$/.exec(line) ?? [];
  if (id === '') return [];
  try {
    return [[id, rest === '-' ? [] : JSON.parse(rest) as readonly Hit[]]];
  } catch {
    return [];
  }
}
