/** What a source file of JavaScript or TypeScript names, told from its text alone. */
export interface Mentions {
  /** What it imports or requires by name: `./order.ts`, `pg`, `#config`. */
  readonly imports: readonly string[];
  /** Other texts that may be paths: `../config/app.json`. */
  readonly texts: readonly string[];
}

const LONGEST = 300;
const IMPORT = /\b(?:from|import|require|require\.resolve)\s*\(?\s*(['"])([^'"\n]{1,300})\1/g;
const LITERAL = /(['"`])((?:\\.|(?!\1)[^\\\n])*)\1/g;

/** Rather too much than too little: what only looks like an import or a path makes a test run that need not. */
export function mentionsIn(text: string): Mentions {
  const imports = new Set([...text.matchAll(IMPORT)].map(([, , name = '']) => name));
  const texts = new Set<string>();
  for (const [, , literal = ''] of text.matchAll(LITERAL)) {
    // Of a template, what stands before its first part that is not fixed: a folder, as a rule.
    const fixed = literal.split('${')[0] ?? '';
    const path = fixed === literal ? literal : fixed.slice(0, fixed.lastIndexOf('/') + 1);
    if (path !== '' && path.length <= LONGEST && !/[\s<>;]/.test(path)) texts.add(path);
  }
  return { imports: [...imports], texts: [...texts].filter((each) => !imports.has(each)) };
}
