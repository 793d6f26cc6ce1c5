import { childrenOf } from './processes.ts';
import { attempting, entering, quoted, type Tools } from './tools.ts';

/** The variables of an environment. */
export interface Given { readonly [name: string]: string }

export interface Inside {
  /** Seen from inside. */
  readonly cwd: string;
  readonly words: readonly string[];
  /** What the first process of the namespace does: a script that is given the words. */
  readonly first?: string;
  /** Of ours, and done before the command's own variables are there. */
  readonly before?: string;
}

const TO_ITS_END = '"$@"; exit $?';

/**
 * The words that start a command in the sandbox whose first process is `holder`, in namespaces of its own. What it is
 * given comes in one variable, made by {@link handed}, and is set in the innermost place: an `LD_PRELOAD` must not
 * reach the programs that enter the sandbox.
 */
export function inside(tools: Tools, holder: number, { cwd, words, first = TO_ITS_END, before = ':' }: Inside): readonly string[] {
  const script = `cd -- "$1" || exit 126; shift; ${before}; eval "$${HANDED}"; unset ${HANDED} OLDPWD; ${first}`;
  return [...entering(tools, holder), ...attempting(tools), '/bin/sh', '-c', script, 'sh', cwd, ...words];
}

const HANDED = 'TRUNKLINE_GIVEN';

export function handed(given: Given): Given {
  return { [HANDED]: Object.entries(given).map(([name, value]) => `export ${name}=${quoted(value)}`).join('\n') };
}

/**
 * The first process of the namespace that was made by the words of {@link inside}, below `nsenter` and `unshare`;
 * undefined when it is not there yet, or not any more.
 */
export async function firstInside(nsenter: number | undefined): Promise<number | undefined> {
  const [unshare] = nsenter === undefined ? [] : await childrenOf(nsenter);
  return unshare === undefined ? undefined : (await childrenOf(unshare))[0];
}
