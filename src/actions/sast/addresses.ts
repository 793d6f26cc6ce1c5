import type { Value } from './value.ts';

/** Whether what is unknown of an address can decide its host: nothing constant before it names one. */
export function leadsElsewhere({ shape }: Value): boolean {
  if (shape === undefined) return true;
  const start = shape.slice(0, Math.max(0, shape.indexOf('\0')));
  if (!shape.includes('\0')) return false;
  return !/^[a-z][a-z0-9+.-]*:\/\/[^/?#]+[/?#]/i.test(start) && !/^\/[^/\\]/.test(start) && !/^[?#]/.test(start) && !/^\.{1,2}\//.test(start);
}
