import { connectionStrings } from './addresses.ts';
import { assignedSecrets } from './assigned.ts';
import { digestOf } from './digest.ts';
import { literalFallbacks } from './fallbacks.ts';
import { privateKeys } from './keys.ts';
import { masked, type Hit, type Leak } from './leak.ts';
import { presetLeaks } from './preset.ts';
import { tokens } from './tokens.ts';

/** A part of a file that is looked at by itself. */
export interface Piece {
  readonly path: string;
  readonly text: string;
  /** Of its first character, from 1. */
  readonly line: number;
  /** Of a file that is no text: only what is known by its form is looked for. */
  readonly isBinary: boolean;
}

/** Everything that is looked for, the most telling name first: what two rules find in one place is one finding. */
export async function lookAt({ path, text, line, isBinary }: Piece): Promise<readonly Hit[]> {
  const named = isBinary ? [] : [...literalFallbacks(text, path), ...assignedSecrets(text, path)];
  const leaks = [...await presetLeaks(text, path), ...privateKeys(text), ...connectionStrings(text, path), ...tokens(text, path), ...named];
  const kept: Leak[] = [];
  for (const leak of leaks) if (!kept.some(({ start, end }) => leak.start < end && start < leak.end)) kept.push(leak);
  const digests = new Map<string, string>();
  return kept.sort((a, b) => a.start - b.start).map(({ rule, what, start, end, name }) => {
    const secret = text.slice(start, end);
    const digest = digests.get(secret) ?? digestOf(secret);
    digests.set(secret, digest);
    const shown = rule.startsWith('private') ? '' : masked(secret);
    return { rule, what, line: line + newlines(text, start), masked: shown, digest, ...(name === undefined ? {} : { name }) };
  });
}

function newlines(text: string, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
