import ts from 'typescript';
import type { Module } from './module.ts';
import type { Program } from './program.ts';

/** What keeps who is signed in in a cookie: by the package, and the field that holds the settings of the cookie. */
const SESSIONS: { readonly [name: string]: string | undefined } = {
  'express-session': 'cookie', 'cookie-session': undefined, 'koa-session': undefined, '@fastify/session': 'cookie', '@fastify/secure-session': 'cookie', '@fastify/cookie-session': undefined, 'client-sessions': 'cookie', 'koa-generic-session': 'cookie',
};
const CHANGES = /^(post|put|patch|delete|del)$/;
const ROUTERS = /^(app|router|server|fastify|api|route|routes|\w+(Router|Routes|App|Server))$/i;
/** Whoever writes one of these knows of the danger: a token, or a look at where the request comes from. */
const PROTECTED = /csrf|xsrf|csurf|lusca|sec-fetch-site|double.?submit|headers?\.origin|(get|header)\(\s*['"](origin|referer)['"]|headers\[['"](origin|referer)['"]\]|same-?origin/i;
const SIGNED_IN = /^(session|sess|sid|session_?id|auth|auth_?token|access_?token|token|jwt|remember_?me|connect\.sid)$/i;
const SAFE_SITE = /^(['"`](strict|lax|Strict|Lax)['"`]|true)$/;

/** Cookies that say who is signed in, sent with every request, where requests change something and nothing tells forged ones. */
export function forgeable(modules: readonly Module[], program: Program): void {
  if (modules.some(({ source }) => PROTECTED.test(source.text))) return;
  const calls = modules.flatMap((module) => callsIn(module).map((node) => ({ module, node })));
  if (!calls.some(({ node }) => changes(node))) return;
  for (const { module, node } of calls) {
    const what = openCookie(node, module);
    if (what === undefined) continue;
    const label = `${what} is sent with requests that other sites make, and some of them change something here`;
    program.hit({ rule: 'missing-csrf-protection', file: module.file, line: module.line(node), column: module.column(node), source: undefined, label, isPartial: false, sink: label, steps: [] });
  }
}

function callsIn({ source }: Module): readonly ts.CallExpression[] {
  const calls: ts.CallExpression[] = [];
  const pending: ts.Node[] = [source];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (ts.isCallExpression(node)) calls.push(node);
    ts.forEachChild(node, (child) => void pending.push(child));
  }
  return calls;
}

function changes({ expression, arguments: args }: ts.CallExpression): boolean {
  if (!ts.isPropertyAccessExpression(expression) || !CHANGES.test(expression.name.text) || args.length < 2) return false;
  return ROUTERS.test(expression.expression.getText()) && args[0] !== undefined && (ts.isStringLiteralLike(args[0]) || args[0].kind === ts.SyntaxKind.RegularExpressionLiteral);
}

/** What the cookie is, where it says nothing of other sites; undefined for all else. */
function openCookie(node: ts.CallExpression, module: Module): string | undefined {
  const { expression, arguments: args } = node;
  if (ts.isPropertyAccessExpression(expression) && expression.name.text === 'cookie' && args.length >= 2) {
    const [name, , settings] = args;
    const isOfSession = name && ts.isStringLiteralLike(name) && SIGNED_IN.test(name.text);
    return isOfSession && /^(res|response|reply)\b/.test(expression.expression.getText()) && isOpen(settings) ? `the cookie "${name.text}"` : undefined;
  }
  const pack = args.map((arg) => packageOf(arg, module)).find((each) => each !== undefined);
  const called = packageOf(expression, module) ?? (expression.getText().endsWith('.register') ? pack : undefined);
  if (called === undefined) return undefined;
  const settings = args.find((arg): arg is ts.ObjectLiteralExpression => ts.isObjectLiteralExpression(arg));
  if (!settings && args.length > 0 && args.every((arg) => ts.isIdentifier(arg) && packageOf(arg, module) === undefined)) return undefined;
  const field = SESSIONS[called];
  return isOpen(field === undefined ? settings : valueOf(settings, field) ?? settings) ? `the cookie of ${called}` : undefined;
}

/** Settings that stand elsewhere may say it. */
function isOpen(settings: ts.Expression | undefined): boolean {
  if (!settings) return true;
  if (!ts.isObjectLiteralExpression(settings) || settings.properties.some(ts.isSpreadAssignment)) return false;
  const site = valueOf(settings, 'sameSite');
  if (site === undefined) return !settings.properties.some((member) => ts.isShorthandPropertyAssignment(member) && /^(sameSite|cookie)$/.test(member.name.text));
  return ts.isLiteralExpression(site) || site.kind === ts.SyntaxKind.FalseKeyword ? !SAFE_SITE.test(site.getText()) : false;
}

function valueOf(settings: ts.Expression | undefined, field: string): ts.Expression | undefined {
  if (!settings || !ts.isObjectLiteralExpression(settings)) return undefined;
  return settings.properties.find((member): member is ts.PropertyAssignment => ts.isPropertyAssignment(member) && member.name.getText().replace(/['"]/g, '') === field)?.initializer;
}

/** The package of sessions that a name or a `require` stands for. */
function packageOf(node: ts.Expression, module: Module): string | undefined {
  const text = node.getText();
  const [, direct] = /^require\(['"]([^'"]+)['"]\)$/.exec(text) ?? [];
  const name = direct ?? (ts.isIdentifier(node) ? importedBy(text, module) : undefined);
  return name !== undefined && Object.hasOwn(SESSIONS, name) ? name : undefined;
}

function importedBy(name: string, { source }: Module): string | undefined {
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier)) {
      const { importClause: clause } = statement;
      const isNamespace = clause?.namedBindings && ts.isNamespaceImport(clause.namedBindings) && clause.namedBindings.name.text === name;
      if (clause?.name?.text === name || isNamespace) return statement.moduleSpecifier.text;
    }
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name: declared, initializer } of statement.declarationList.declarations) {
      if (declared.getText() === name) return /^require\(['"]([^'"]+)['"]\)$/.exec(initializer?.getText() ?? '')?.[1];
    }
  }
  return undefined;
}
