/**
 * The statements of a PostgreSQL script, without comments, each quoted text replaced by `''`. Enough to see what kind
 * each of them is; not a parser.
 */
export function statementsOf(sql: string): readonly string[] {
  const bare = sql.replace(QUOTED_OR_COMMENT, (match) => (/^(--|\/\*)/.test(match) ? ' ' : "''"));
  return bare.split(';').map((statement) => statement.replace(/\s+/g, ' ').trim()).filter((statement) => statement !== '');
}

const QUOTED_OR_COMMENT = new RegExp([
  String.raw`--[^\n]*`,
  // Comments may hold comments: this takes those that hold one level of them.
  String.raw`\/\*(?:[^*/]|\*(?!\/)|\/(?!\*)|\/\*[\s\S]*?\*\/)*\*\/`,
  String.raw`\b[eE]'(?:[^'\\]|\\[\s\S]|'')*'`,
  String.raw`'(?:[^']|'')*'`,
  String.raw`"(?:[^"]|"")*"`,
  String.raw`(?<![\w$])(\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?\1`,
].join('|'), 'g');

const BORDER = /^(begin|start transaction|commit|rollback(?! (work |transaction )?to\b)|abort|end|prepare transaction)\b/i;

/** The first statement that begins or ends a transaction by itself; undefined where there is none. */
export function transactionBorder(sql: string): string | undefined {
  let bodies = 0;
  for (const statement of statementsOf(sql)) {
    if (bodies > 0 && /^end\b/i.test(statement)) bodies--;
    else if (BORDER.test(statement)) return statement;
    // The body of a function in standard SQL has semicolons and an end of its own.
    if (/\bbegin atomic\b/i.test(statement)) bodies++;
  }
  return undefined;
}

/** Building an index takes as long as the table is long: it has no time limit of its own. */
export function buildsIndex(sql: string): boolean {
  return statementsOf(sql).some((statement) => /^(create (unique )?index|reindex)\b/i.test(statement));
}
