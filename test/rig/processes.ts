/** Living processes, as the kernel shows them. */
import { readdirSync, readFileSync } from 'node:fs';

export interface LivingProcess {
  readonly pid: number;
  readonly command: string;
  readonly environment: { readonly [name: string]: string };
}

/** Those that name `word`, such as the path of a state folder, in their command line or environment. Zombies are dead. */
export function processesNaming(...words: readonly string[]): readonly LivingProcess[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    const pid = Number(name);
    if (pid === process.pid) return [];
    const command = read(pid, 'cmdline').replaceAll('\0', ' ').trim();
    const environment = read(pid, 'environ');
    if (command === '' || !words.some((word) => command.includes(word) || environment.includes(word))) return [];
    return [{ pid, command, environment: Object.fromEntries(environment.split('\0').flatMap((entry) => {
      const at = entry.indexOf('=');
      return at > 0 ? [[entry.slice(0, at), entry.slice(at + 1)]] : [];
    })) }];
  });
}

function read(pid: number, what: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8');
  } catch {
    return ''; // gone meanwhile, or another user's
  }
}
