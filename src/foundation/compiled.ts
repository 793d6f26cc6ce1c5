import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where V8's code for this program is kept from one start to the next, which nearly halves each: a folder of this user alone, since whoever can write there runs code as them. */
export function compiledFolder(): string {
  return process.env['NODE_COMPILE_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'trunkline', 'compiled');
}

/** What is loaded from now on is kept compiled. Where that can't be, the start takes longer and nothing else. */
export function keepCompiled(): void {
  enableCompileCache(compiledFolder());
}
