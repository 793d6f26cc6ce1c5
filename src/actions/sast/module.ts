import ts from 'typescript';
import type { Variable } from './environment.ts';
import { UNKNOWN, type Value } from './value.ts';

/** One file of the code that is looked at. */
export class Module {
  readonly file: string;
  readonly source: ts.SourceFile;
  readonly exports = new Map<string, Value>();
  /** What was assigned to `module.exports`. */
  whole: Value = UNKNOWN;
  readonly #scopes: ReadonlyMap<ts.Node, ReadonlyMap<string, Variable>>;
  readonly #resolved = new Map<ts.Identifier, Variable | undefined>();

  /** @throws {RangeError} where it is nested more deeply than any person writes. */
  constructor(file: string, text: string) {
    this.file = file;
    this.source = ts.createSourceFile(file, text, { languageVersion: ts.ScriptTarget.Latest, jsDocParsingMode: ts.JSDocParsingMode.ParseNone }, true, kindOf(file));
    this.#scopes = declarations(this.source);
  }

  line(node: ts.Node): number {
    return this.source.getLineAndCharacterOfPosition(node.getStart(this.source)).line + 1;
  }

  column(node: ts.Node): number {
    return this.source.getLineAndCharacterOfPosition(node.getStart(this.source)).character + 1;
  }

  text(node: ts.Node): string {
    return this.source.text.slice(node.getStart(this.source), node.end);
  }

  /** What a name means where it stands; undefined for what the platform brings. */
  variable(name: ts.Identifier): Variable | undefined {
    if (this.#resolved.has(name)) return this.#resolved.get(name);
    let found: Variable | undefined;
    for (let at: ts.Node | undefined = name; at && !found; at = at.parent) found = this.#scopes.get(at)?.get(name.text);
    this.#resolved.set(name, found);
    return found;
  }
}

function kindOf(file: string): ts.ScriptKind {
  if (/\.[cm]?ts$/.test(file)) return ts.ScriptKind.TS;
  return file.endsWith('.tsx') ? ts.ScriptKind.TSX : ts.ScriptKind.JSX;
}

const PLATFORM = new Set(['location', 'exports', 'module', 'process', 'window', 'document', 'globalThis', 'global', 'self']);

/** Names by the function, block or file that declares them. */
function declarations(source: ts.SourceFile): ReadonlyMap<ts.Node, ReadonlyMap<string, Variable>> {
  const scopes = new Map<ts.Node, Map<string, Variable>>();
  const declare = (scope: ts.Node, name: string, initializer?: ts.Expression): void => {
    const names = scopes.get(scope) ?? new Map<string, Variable>();
    if (!names.has(name)) names.set(name, { name, ...(initializer ? { initializer } : {}) });
    scopes.set(scope, names);
  };
  const pattern = (scope: ts.Node, name: ts.BindingName, initializer?: ts.Expression): void => {
    if (ts.isIdentifier(name)) return declare(scope, name.text, initializer);
    for (const element of name.elements) if (ts.isBindingElement(element)) pattern(scope, element.name);
  };
  const pending: ts.Node[] = [source];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (ts.isVariableDeclaration(node)) {
      const { flags } = node.parent;
      pattern(flags & ts.NodeFlags.BlockScoped ? blockOf(node.parent.parent) : ts.isCatchClause(node.parent) ? node.parent : functionOf(node), node.name, flags & ts.NodeFlags.Const ? node.initializer : undefined);
    } else if (ts.isParameter(node)) pattern(node.parent, node.name);
    else if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) {
      if (node.name) declare(blockOf(node.parent), node.name.text);
    } else if ((ts.isFunctionExpression(node) || ts.isClassExpression(node)) && node.name) declare(node, node.name.text);
    else if (ts.isImportClause(node) || ts.isImportSpecifier(node) || ts.isNamespaceImport(node) || ts.isImportEqualsDeclaration(node)) {
      if (node.name) declare(source, node.name.text);
    } else if (ts.isEnumDeclaration(node)) declare(blockOf(node.parent), node.name.text);
    else if (node.kind >= ts.SyntaxKind.FirstTypeNode && node.kind <= ts.SyntaxKind.LastTypeNode) continue;
    // Old code makes a global of a name that it forgot to declare.
    else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken && ts.isIdentifier(node.left) && !PLATFORM.has(node.left.text)) declare(source, node.left.text);
    ts.forEachChild(node, (child) => void pending.push(child));
  }
  return scopes;
}

function functionOf(node: ts.Node): ts.Node {
  let at = node.parent;
  while (!ts.isFunctionLike(at) && !ts.isSourceFile(at) && !ts.isClassStaticBlockDeclaration(at)) at = at.parent;
  return at;
}

function blockOf(node: ts.Node): ts.Node {
  let at = node;
  while (!ts.isBlock(at) && !ts.isSourceFile(at) && !ts.isFunctionLike(at) && !ts.isCaseBlock(at) && !ts.isForStatement(at) && !ts.isForInStatement(at) && !ts.isForOfStatement(at) && !ts.isModuleBlock(at)) at = at.parent;
  return at;
}
