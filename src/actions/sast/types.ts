import ts from 'typescript';
import type { Module } from './module.ts';
import { UNKNOWN, type Value } from './value.ts';

/** What the types that are written down say of values: only so much as makes them harmless. */
export class Types {
  readonly #aliases = new Map<string, ts.TypeNode | undefined>();
  readonly #members = new Map<string, ts.NodeArray<ts.TypeElement> | undefined>();

  constructor(modules: Iterable<Module>) {
    for (const { source } of modules) {
      for (const statement of source.statements) {
        // A name that stands for two types says nothing.
        if (ts.isTypeAliasDeclaration(statement)) {
          const { text } = statement.name;
          this.#aliases.set(text, this.#aliases.has(text) ? undefined : statement.type);
          if (ts.isTypeLiteralNode(statement.type)) this.#members.set(text, this.#members.has(text) ? undefined : statement.type.members);
        } else if (ts.isInterfaceDeclaration(statement)) {
          const { text } = statement.name;
          this.#members.set(text, this.#members.has(text) ? undefined : statement.members);
        }
      }
    }
  }

  /** Numbers, truths, and texts of a list that is written down. */
  isHarmless(type: ts.TypeNode | undefined, depth = 0): boolean {
    if (!type || depth > 6) return false;
    switch (type.kind) {
      case ts.SyntaxKind.NumberKeyword: case ts.SyntaxKind.BooleanKeyword: case ts.SyntaxKind.BigIntKeyword: case ts.SyntaxKind.NullKeyword: case ts.SyntaxKind.UndefinedKeyword: case ts.SyntaxKind.VoidKeyword: case ts.SyntaxKind.LiteralType: return true;
      case ts.SyntaxKind.UnionType: return (type as ts.UnionTypeNode).types.every((each) => this.isHarmless(each, depth + 1));
      case ts.SyntaxKind.ParenthesizedType: return this.isHarmless((type as ts.ParenthesizedTypeNode).type, depth + 1);
      case ts.SyntaxKind.ArrayType: return this.isHarmless((type as ts.ArrayTypeNode).elementType, depth + 1);
      case ts.SyntaxKind.TypeOperator: return this.isHarmless((type as ts.TypeOperatorNode).type, depth + 1);
      case ts.SyntaxKind.TemplateLiteralType: return (type as ts.TemplateLiteralTypeNode).templateSpans.every((span) => this.isHarmless(span.type, depth + 1));
      case ts.SyntaxKind.TypeReference: {
        const name = (type as ts.TypeReferenceNode).typeName;
        if (!ts.isIdentifier(name)) return false;
        return name.text === 'Date' || name.text === 'RegExp' || this.isHarmless(this.#aliases.get(name.text), depth + 1);
      }
      default: return false;
    }
  }

  /** The fields of an object type that can do no harm, whoever fills them. */
  harmlessFields(type: ts.TypeNode | undefined): ReadonlyMap<string, Value> | undefined {
    const members = !type ? undefined : ts.isTypeLiteralNode(type) ? type.members : ts.isTypeReferenceNode(type) && ts.isIdentifier(type.typeName) ? this.#members.get(type.typeName.text) : undefined;
    const fields = new Map<string, Value>();
    for (const member of members ?? []) {
      if (ts.isPropertySignature(member) && ts.isIdentifier(member.name) && this.isHarmless(member.type)) fields.set(member.name.text, UNKNOWN);
    }
    return fields.size > 0 ? fields : undefined;
  }
}
