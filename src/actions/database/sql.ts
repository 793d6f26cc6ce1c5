/**
 * The statements of a PostgreSQL script, without comments, each quoted text replaced by `''`. Enough to see what kind
 * each of them is; not a parser. Takes time in proportion to the text, whoever wrote it; what is never closed goes on
 * to its end.
 */
export function statementsOf(sql: string): readonly string[] {
  return bareOf(sql).split(';').map((statement) => statement.replace(/\s+/g, ' ').trim()).filter((statement) => statement !== '');
}

const OPENING = /--|\/\*|\b[eE]'|'|"|(?<![\w$])\$(?:[A-Za-z_]\w{0,62})?\$/g;

function bareOf(sql: string): string {
  const bare: string[] = [];
  let from = 0;
  for (;;) {
    OPENING.lastIndex = from;
    const opening = OPENING.exec(sql);
    if (!opening) return bare.join('') + sql.slice(from);
    const [mark] = opening;
    bare.push(sql.slice(from, opening.index), mark === '--' || mark === '/*' ? ' ' : "''");
    from = endOf(sql, mark, opening.index + mark.length);
  }
}

/** Where what `mark` has opened ends; the end of the text where nothing closes it. */
function endOf(sql: string, mark: string, from: number): number {
  switch (mark) {
    case '--': return indexOrEnd(sql, '\n', from);
    case '/*': return endOfComment(sql, from);
    case "'": return endByMatch(sql, /''|'/g, "'", from);
    case '"': return endByMatch(sql, /""|"/g, '"', from);
    case "e'": case "E'": return endByMatch(sql, /\\[\s\S]|''|'/g, "'", from);
    default: return Math.min(sql.length, indexOrEnd(sql, mark, from) + mark.length);
  }
}

/** Comments hold comments. */
function endOfComment(sql: string, from: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = from;
  let depth = 1;
  for (let mark = marks.exec(sql); mark; mark = marks.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return sql.length;
}

function endByMatch(sql: string, marks: RegExp, closing: string, from: number): number {
  marks.lastIndex = from;
  for (let mark = marks.exec(sql); mark; mark = marks.exec(sql)) if (mark[0] === closing) return marks.lastIndex;
  return sql.length;
}

function indexOrEnd(sql: string, text: string, from: number): number {
  const found = sql.indexOf(text, from);
  return found === -1 ? sql.length : found;
}

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
