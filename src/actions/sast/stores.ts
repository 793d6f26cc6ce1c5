import ts from 'typescript';
import type { Flow } from './program.ts';
import { at, type Called } from './sinks.ts';
import { taintsIn, type Taint, type Value } from './value.ts';

/** Methods of collections and models that take a filter first. */
const FILTERS = /^(find|findOne|findOneAndUpdate|findOneAndDelete|findOneAndReplace|findOneAndRemove|updateOne|updateMany|deleteOne|deleteMany|replaceOne|countDocuments|count|exists|where|remove)$/;
/** What runs a script in the database: by the name of a field, and of a method. */
const SCRIPT_FIELDS: ReadonlySet<string> = new Set(['$where', '$function', '$accumulator', '$expr']);
const SCRIPT_METHODS = /^(\$where|mapReduce|group|eval)$/;
/** Compare with what stands behind them, whatever it is. */
const COMPARES: ReadonlySet<string> = new Set(['$eq']);
/** Not the filters of a document database: SQL is made of these with parameters, and files are looked for by them. */
const OTHER_FILTERS: ReadonlySet<string> = new Set(['where', 'text', 'sql']);

const OWNERS = /^(user|owner|account|customer|tenant|org|organi[sz]ation|member|patient|employee|client|author|profile|created_?by)_?(id|uuid)?$/i;
const OWNER_ID = /^(user|owner|account|customer|tenant|org|organi[sz]ation|member|patient|employee|client|author)_?(id|uuid)$/i;
const BY_ID = /^(findById|findByIdAndUpdate|findByIdAndDelete|findByPk|getById|findUser|findByUserId|findByOwner\w*)$/;
const OWNED_SQL = /\b(?:user|owner|account|customer|tenant|org|organi[sz]ation|member|patient|employee|client|author)_?id["'`\]]?\s*=\s*(\$\d+|\?|:\w+|@\w+)/gi;
const RUNS = /^(query|execute|all|get|run|any|one|many|oneOrNone|manyOrNone|raw)$/;
/** Who asks is known where this is written: then somebody compares, or means to. */
const ASKS_WHO = /\b(req|request|ctx|context|res|c|this|socket)\.(user|auth|session|account|principal|currentUser|locals|state|decoded|jwt|identity|get\(['"]user)\b|\b(currentUser|sessionUser|authUser|session\.user|getSession|getServerSession|getUser|isOwner|ownedBy|authori[sz]e\w*|assertOwn\w*|checkOwn\w*|canAccess|ability|permission\w*|isAdmin)\b/i;
const GUARDS = /own(?:er|s\b|ed)|self|same|admin|authori[sz]|permi|polic|\bacl|guard|role|scope/i;
const MAY = /\bcan[A-Z(]/;

/** A filter in which what is sent may be an object of operators, or says whose data is meant. */
export function stored(called: Called, flow: Flow): void {
  const { name, args, object, isOwn } = called;
  const [first] = args;
  if (isOwn || !object || !first) return;
  if (SCRIPT_METHODS.test(name)) args.slice(0, 2).forEach((arg, index) => flow.program.reach('nosql-script', { taints: arg.taints }, at(called, index), `is run by ${name}`, flow));
  if (FILTERS.test(name)) filtered(first, called, flow);
  if (BY_ID.test(name) && endsInOwner(called.node.arguments?.[0])) owned(first, at(called, 0), called, flow);
  if (RUNS.test(name)) parameters(called, flow);
}

/** `{ $where: "…" }` and its kin, wherever such an object is written. */
export function scriptWritten(name: string, value: Value, node: ts.Node, flow: Flow): void {
  if (!SCRIPT_FIELDS.has(name)) return;
  const script = value.fields?.get('body') ?? value;
  if (name !== '$expr') flow.program.reach('nosql-script', { taints: script.fields ? [] : script.taints }, node, `is run as ${name}`, flow);
}

function filtered(filter: Value, called: Called, flow: Flow): void {
  const { name } = called;
  // A list is searched with a function, and a document by what is written in an object, or sent as one.
  if (filter.callables || called.args.length === 0) return;
  if (!filter.fields) {
    if (filter.shape === undefined && filter.api === undefined && name !== 'where') operators(filter, called, flow);
    return;
  }
  const where = filter.fields.get('where');
  for (const [field, value] of where?.fields ?? filter.fields) {
    if (OWNERS.test(field)) owned(value, called.node, called, flow);
    if (where || OTHER_FILTERS.has(field) || COMPARES.has(field)) continue;
    if (value.shape === undefined && !value.fields) operators(value, called, flow);
    else if (/^\$(or|and|nor)$/.test(field)) for (const each of value.fields?.values() ?? []) filtered(each, called, flow);
  }
}

function operators(value: Value, called: Called, flow: Flow): void {
  flow.program.reach('nosql-injection', { taints: value.taints.filter(({ isPartial }) => !isPartial) }, at(called, 0), `is a filter of ${called.name}`, flow);
}

/** `WHERE user_id = $1` with the parameter that belongs to it. */
function parameters(called: Called, flow: Flow): void {
  const [statement, given] = called.args;
  const text = statement?.fields?.get('text')?.shape ?? statement?.shape;
  const values = statement?.fields?.get('values') ?? given;
  if (text === undefined || !values?.fields) return;
  for (const match of text.matchAll(OWNED_SQL)) {
    const mark = match[1] ?? '';
    const index = mark.startsWith('$') ? Number(mark.slice(1)) - 1 : text.slice(0, match.index + match[0].length).split('?').length - 2;
    const value = values.fields.get(/^[:@]/.test(mark) ? mark.slice(1) : String(index));
    if (value) owned(value, called.node, called, flow);
  }
}

function owned(value: Value, node: ts.Node, called: Called, flow: Flow): void {
  const sent = taintsIn(value).filter((taint) => !taint.isPartial && isSent(taint));
  if (sent.length === 0 || isChecked(called.node, flow)) return;
  flow.program.reach('insecure-object-reference', { taints: sent }, node, `is whose data ${called.name} takes`, flow);
}

function isSent({ kind, label, parameter }: Taint): boolean {
  return parameter !== undefined || (kind === 'request' && !/header|cookie|host|address/.test(label));
}

function endsInOwner(node: ts.Expression | undefined): boolean {
  let at = node;
  while (at && ts.isCallExpression(at)) at = at.arguments[0];
  const name = at && (ts.isPropertyAccessExpression(at) ? at.name.text : ts.isIdentifier(at) ? at.text : '');
  return name !== undefined && OWNER_ID.test(name);
}

/** Whether the function, those around it, or what the route puts before it, knows who asks. */
function isChecked(node: ts.Node, flow: Flow): boolean {
  for (let here: ts.Node | undefined = node; here; here = here.parent) {
    if (ts.isFunctionLike(here) && ASKS_WHO.test(flow.module.text(here).slice(0, 50_000))) return true;
    if (!ts.isCallExpression(here.parent ?? here) || !ts.isFunctionLike(here)) continue;
    const { arguments: route } = here.parent as ts.CallExpression;
    if (route.some((each) => each !== here && !ts.isStringLiteralLike(each) && isGuard(each.getText().slice(0, 500)))) return true;
  }
  return false;
}

function isGuard(text: string): boolean {
  return GUARDS.test(text) || MAY.test(text);
}
