import type { AttemptEnd } from '../../core/facts.ts';

/** As many as fit on a line. */
const SHOWN = 5;
/** How tools say that a name leads nowhere, which it does where there is no network at all. */
const UNRESOLVED = /(?:ENOTFOUND|EAI_AGAIN)\s+([\w.-]+)|[Cc]ould not resolve(?: host)?:? '?([\w.-]+)|lookup ([\w.-]+)(?: on \S+)?: |Failed to resolve '([\w.-]+)'/g;

/** A failure, with the places that its commands were kept from and the line that allows them. */
export function withRefusals(ended: AttemptEnd, { places: refused, limits }: { readonly places: ReadonlySet<string>; readonly limits: ReadonlySet<string> }): AttemptEnd {
  if (ended.state !== 'failed') return ended;
  const end = withLimits(ended, limits);
  const unresolved = [...(end.error.lastLines ?? []).join('\n').matchAll(UNRESOLVED)].flatMap((match) => match.slice(1).filter((name) => name !== undefined));
  const places = [...new Set([...refused, ...unresolved.filter((name) => name !== 'localhost')])];
  if (places.length === 0) return end;
  const named = `${places.slice(0, SHOWN).join(', ')}${places.length > SHOWN ? ` and ${places.length - SHOWN} more` : ''}`;
  const line = `network: [${places.slice(0, SHOWN).map((place) => JSON.stringify(place)).join(', ')}]`;
  const { hint } = end.error;
  return { ...end, error: { ...end.error, message: `${end.error.message}; its network does not reach ${named}`,
    hint: `${hint === undefined ? '' : `${hint}; `}if it needs that, write ${line} on this action in trunkline.config.ts` } };
}

function withLimits(end: Extract<AttemptEnd, { readonly state: 'failed' }>, limits: ReadonlySet<string>): Extract<AttemptEnd, { readonly state: 'failed' }> {
  if (limits.size === 0) return end;
  const { message, hint } = end.error;
  return { ...end, error: { ...end.error, message: `${message}; it hit the limit of ${[...limits].join(' and ')} of its cell`,
    hint: `use less, or let an operator raise "limits" in sandbox.json of the state folder${hint === undefined ? '' : `; ${hint}`}` } };
}
