/** Changes whenever what is found can: results that an older set gave are then looked for anew. */
export const RULE_SET = 2;

/** A secret in a text, by its place; the text itself stays where it was found. */
export interface Leak {
  readonly rule: string;
  /** For people: `an AWS access key`. */
  readonly what: string;
  /** Of the secret's own characters, in the text. */
  readonly start: number;
  readonly end: number;
  /** Of the variable or field that holds it. */
  readonly name?: string;
}

/** All that ever leaves the scan of a leak: enough to find it, too little to use it. */
export interface Hit {
  readonly rule: string;
  readonly what: string;
  /** From 1. */
  readonly line: number;
  readonly masked: string;
  /** Which secret it is: ten hexadecimal digits that can't be turned back, the same wherever it stands. */
  readonly digest: string;
  readonly name?: string;
}

/** At most its first two characters, and those only of a secret that is long enough to spare them. */
export function masked(secret: string): string {
  const length = `${secret.length} characters`;
  return secret.length >= 16 && /^[\w+/=.-]{2}/.test(secret) ? `${secret.slice(0, 2)}… (${length})` : `(${length})`;
}
