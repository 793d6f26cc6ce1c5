import ts from 'typescript';
import type { Flow } from './program.ts';
import { at, stands, type Called } from './sinks.ts';

const ENGINES = /^(handlebars|Handlebars|express-handlebars|hbs|nunjucks|mustache|Mustache|ejs|eta|swig|twig|twing|art-template|liquidjs|pug|dot|doT|hogan\.js|squirrelly|consolidate|@fastify\.view|koa-views)\b/;
/** Settings of template engines that end escaping, by the value that ends it. */
const SETTINGS: { readonly [name: string]: RegExp } = {
  autoescape: /^(false|0|!1)$/, autoEscape: /^(false|0|!1)$/, noEscape: /^(true|1|!0)$/, escapeHtml: /^(false|!1)$/, escape: /^(false|!1|\(?(\w+)\)?\s*=>\s*\2|String|function\s*\w*\((\w+)\)\s*\{\s*return\s+\3;?\s*\})$/,
};
const MARKS_SAFE = /(^|\.)(SafeString|markSafe|safeString|bypassSecurityTrust(Html|Script|Url|ResourceUrl|Style)|trustAsHtml|htmlSafe)$/;

/** Engines that are told not to escape, and values that are said to be HTML. */
export function unescaped(called: Called, flow: Flow): void {
  const { api, name, args, node, isOwn } = called;
  if (isOwn) return;
  if (MARKS_SAFE.test(api) || MARKS_SAFE.test(name)) {
    const [first] = args;
    if (first) flow.program.reach('xss', first, at(called, 0), `is said to be HTML by ${name}`, flow);
  }
  if (!ENGINES.test(api)) return;
  for (const argument of node.arguments ?? []) {
    if (ts.isObjectLiteralExpression(argument)) argument.properties.forEach((member) => setting(member, api, flow));
  }
}

/** `Mustache.escape = (text) => text` */
export function escapingSet(api: string | undefined, name: string, node: ts.Node, flow: Flow): void {
  if (name !== 'escape' || api === undefined || !ENGINES.test(api)) return;
  const text = ts.isBinaryExpression(node) ? node.right.getText() : '';
  if (SETTINGS['escape']?.test(text)) stands('escaping-off', node, `${api}.escape gives back what it gets`, flow);
}

function setting(member: ts.ObjectLiteralElementLike, api: string, flow: Flow): void {
  if (!ts.isPropertyAssignment(member)) return;
  const name = member.name.getText().replace(/['"]/g, '');
  const pattern = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined;
  if (pattern?.test(member.initializer.getText())) stands('escaping-off', member, `${api} writes values unescaped by "${name}"`, flow);
}
