declare module 'spdx-expression-parse' {
  /** @throws {Error} where the text is no SPDX expression. */
  export default function parse(text: string): unknown;
}
declare module 'spdx-satisfies' {
  /** @throws {Error} where either is no SPDX expression. */
  export default function satisfies(expression: string, allowed: readonly string[]): boolean;
}
