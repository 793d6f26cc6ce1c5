import { canonicalJson } from '../foundation/digest.ts';
import type { Json } from '../foundation/units.ts';
import { jsonFault } from './plain-json.ts';

/**
 * Reads the one text that a value has: what `canonicalJson` writes. Duplicate keys, a byte order mark, white space,
 * `1.0` for `1` and bytes that are no UTF-8 are all another text, so none can mean two things to two readers.
 * @returns the value, or why there is none.
 */
export function parseCanonical(bytes: Uint8Array): { readonly value: Json } | { readonly fault: string } {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    return { fault: `it is not JSON (${(error as Error).message.slice(0, 200)})` };
  }
  const fault = jsonFault(value);
  if (fault !== undefined) return { fault };
  return canonicalJson(value as Json) === text ? { value: value as Json } : { fault: 'it is not canonical JSON' };
}
