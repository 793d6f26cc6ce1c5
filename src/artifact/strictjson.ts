import { TrunklineError } from '../foundation/errors.ts';

const DEEPEST = 64;

/**
 * JSON in which every reader sees the same value: valid UTF-8, no key twice in one object, no `__proto__`, and no
 * deeper than 64. (`JSON.parse` takes the last of two equal keys, other readers the first.)
 * @param what names the document in the error.
 * @throws {TrunklineError} `JSON_INVALID`, class `refused`.
 */
export function parseStrictJson(bytes: Uint8Array, what: string): unknown {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(what, error instanceof SyntaxError ? 'it is not JSON' : 'it is not UTF-8');
  }
  const fault = ambiguity(text);
  if (fault !== undefined) throw invalid(what, fault);
  return value;
}

/** Walks the tokens of a text that is known to be JSON. */
function ambiguity(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at += 1) {
    switch (text[at]) {
      case '{':
      case '[':
        if (open.push(text[at] === '{' ? new Set() : undefined) > DEEPEST) return `it is nested deeper than ${DEEPEST}`;
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case '"': {
        const end = endOfString(text, at);
        if (isKey(text, end)) {
          const key = JSON.parse(text.slice(at, end)) as string;
          if (key === '__proto__') return 'it has the key "__proto__"';
          if (open.at(-1)?.has(key)) return `it has the key ${JSON.stringify(key)} twice`;
          open.at(-1)?.add(key);
        }
        at = end - 1;
      }
    }
  }
  return undefined;
}

/** The place behind the closing quote. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); ; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
}

function isKey(text: string, end: number): boolean {
  let at = end;
  while (' \t\r\n'.includes(text[at] ?? '.')) at += 1;
  return text[at] === ':';
}

function invalid(what: string, why: string): TrunklineError {
  return new TrunklineError('JSON_INVALID', 'refused', `${what} cannot be read: ${why}`, 'it was changed after it was written, or was not written by Trunkline; restore it from a backup or release again');
}
