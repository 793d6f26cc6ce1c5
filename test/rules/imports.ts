/** The imports that a TypeScript file makes, read by TypeScript's own parser. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';

export interface Import {
  readonly line: number;
  /** As it is written. */
  readonly from: string;
  /** Nothing of it is left when the program runs. */
  readonly isType: boolean;
}

export function importsOf(path: string, text = readFileSync(path, 'utf8')): readonly Import[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const imports: Import[] = [];
  const add = (node: ts.Node, from: ts.Node | undefined, isType: boolean): void => {
    if (from && ts.isStringLiteralLike(from)) imports.push({ line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1, from: from.text, isType });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, isTypeImport(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node)) add(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node, node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return imports;
}

function isTypeImport(clause: ts.ImportClause | undefined): boolean {
  return clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}
