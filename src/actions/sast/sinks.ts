import ts from 'typescript';
import { leadsElsewhere } from './addresses.ts';
import { weakCall } from './crypto.ts';
import { isMarkup } from './places.ts';
import { literalKey } from './literal-keys.ts';
import { logged } from './logs.ts';
import { matched } from './matching.ts';
import { stored } from './stores.ts';
import { unescaped } from './templates.ts';
import type { Flow } from './program.ts';
import type { RuleId } from './rules.ts';
import { concatenated, taintsIn, textOf, UNKNOWN, type Value } from './value.ts';

/** A call, as the sinks and the models of libraries look at it. */
export interface Called {
  readonly node: ts.CallExpression | ts.NewExpression;
  /** The name of the function or method. */
  readonly name: string;
  /** Where it comes from, as far as that is known. */
  readonly api: string;
  /** The object whose method it is. */
  readonly object: Value | undefined;
  readonly args: readonly Value[];
  /** It is a function of the code that is looked at: its own body says what it does. */
  readonly isOwn: boolean;
}

/** What is found where it stands, whoever decides about it. */
export function stands(rule: RuleId, node: ts.Node, what: string, flow: Flow): void {
  if (!flow.program.isLast) return;
  const { file } = flow.module;
  flow.program.hit({ rule, file, line: flow.module.line(node), column: flow.module.column(node), source: undefined, label: what, isPartial: false, sink: what, steps: [] });
}

const SQL = /\bselect\b[\s\S]*\bfrom\b|\binsert\s+(ignore\s+)?into\b|\bupdate\b[\s\S]*\bset\b|\bdelete\s+from\b|\b(create|drop|alter|truncate)\s+(table|database|schema|user|role|index|view)\b|\bwhere\b[\s\S]*[=<>]|\border\s+by\b|\bgrant\b[\s\S]*\bto\b|\bcall\s+\w+\(/i;
const DATABASE = /(^|[._])(db|dbs|database|pool|client|conn|connection|sql|pg|mysql|sqlite|sqlite3|knex|sequelize|trx|tx|transaction|query_?runner|entity_?manager|manager|datasource|prisma|pgclient|dbclient|mssql|session)(\(\))?$/i;
const RUNS_SQL = /^(query|execute|raw|exec|run|all|get|each|prepare|one|many|none|any|oneOrNone|manyOrNone|rows|statement|sql|queryAsync|unsafe)$/;
const RAW_SQL = /^(whereRaw|orWhereRaw|orderByRaw|havingRaw|joinRaw|groupByRaw|selectRaw|fromRaw|\$queryRawUnsafe|\$executeRawUnsafe|queryRawUnsafe)$/;

/** Takes note of all the harm that a call may do. */
export function checkCall(called: Called, flow: Flow): void {
  const { api, args, node } = called;
  weakCall(api, args, node, flow);
  sql(called, flow);
  commands(called, flow);
  code(called, flow);
  files(called, flow);
  pages(called, flow);
  addresses(called, flow);
  documents(called, flow);
  stored(called, flow);
  logged(called, flow);
  matched(called, flow);
  literalKey(called, flow);
  unescaped(called, flow);
}

export function at(called: Called, index: number): ts.Node {
  return called.node.arguments?.[index] ?? called.node;
}

function sql(called: Called, flow: Flow): void {
  const { name, args, api, node, isOwn } = called;
  const [first] = args;
  if (!first || isOwn) return;
  const statement = first.fields?.get('text') ?? first.fields?.get('sql') ?? first.fields?.get('query') ?? first;
  const harm = (): void => flow.program.reach('sql-injection', statement, at(called, 0), `is run as SQL by ${name}`, flow);
  if (RAW_SQL.test(name) || /^(knex|sequelize|Sequelize|typeorm|objection)(\(\))?\.(raw|literal)$/.test(api)) return harm();
  if (!RUNS_SQL.test(name) || !ts.isPropertyAccessExpression(node.expression)) return;
  if (statement.shape !== undefined && SQL.test(statement.shape)) return harm();
  if (!/^(query|execute|raw|\$queryRawUnsafe|unsafe)$/.test(name) || statement.fields && !first.fields?.has('text')) return;
  if (DATABASE.test(node.expression.expression.getText()) || /^(pg|mysql2?|sqlite3?|mssql|mariadb|better-sqlite3|sequelize|knex|tedious|oracledb)\b/.test(api)) {
    if (!first.shape?.startsWith('\0http')) harm();
  }
}

const RUNS_COMMAND = /^(child_process|child-process-promise|cross-spawn|mz\.child_process|execa|shelljs|node-cmd|sync-exec|exec-sync|promised-exec|child-process-es6-promise|child-process|exec|async-exec|shell-exec|node-exec-promise|command-exists)(\(\))?(\.|$)/;
const SHELL = /(^|[/\\])(sh|bash|zsh|dash|ksh|cmd|cmd\.exe|powershell|powershell\.exe|pwsh)$/i;

function commands(called: Called, flow: Flow): void {
  const { api, args, name } = called;
  const [first, second, third] = args;
  if (!first || called.isOwn) return;
  const harm = (value: Value, index: number): void => flow.program.reach('command-injection', value, at(called, index), `is run in a shell by ${name}`, flow);
  const isKnown = RUNS_COMMAND.test(api);
  if (isKnown && /^(exec|execSync|execAsync|cmd|run|get|command|commandSync|shell|shellSync|shellCommand|default)$/.test(name) || /^(sync-exec|exec-sync|shell-exec|promised-exec|exec|async-exec)$/.test(api)) return harm(first, 0);
  // A function of another module that is called so takes a command, unless it is the method of a pattern.
  if (/^(exec|execSync|execAsync|execPromise|shellExec|sh)$/.test(name) && api === name && called.object === undefined && called.node.arguments && called.node.arguments.length <= 3) harm(first, 0);
  if (!isKnown || !/^(spawn|spawnSync|execFile|execFileSync|sync|execa|cross-spawn|fork)$/.test(name.replace(/\(\)$/, ''))) return;
  harmOfProgram(called, first, name, flow);
  const options = [second, third].find((each) => each?.fields?.has('shell'))?.fields?.get('shell');
  const isShell = options !== undefined && textOf(options) !== '' && !isFalse(called, 'shell');
  if (isShell && second) harm(concatenated([first, { taints: [], shape: ' ' }, second]), taintsIn(first).length > 0 ? 0 : 1);
  const program = textOf(first);
  if (second && (program !== undefined && /(^|[/\\])node(js)?$/.test(program) || /process\.(execPath|argv\[0\])/.test(called.node.arguments?.[0]?.getText() ?? ''))) evaluated(called, second, name, flow);
  if (program !== undefined && SHELL.test(program) && second) {
    const words = [...second.fields ?? []].filter(([key]) => /^\d+$|^\*$/.test(key)).sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value);
    const script = words.findIndex((word) => /^(-\w*c|\/[cs]|-command|-encodedcommand)$/i.test(textOf(word) ?? ''));
    if (script !== -1) for (const word of words.slice(script + 1, /powershell|pwsh|cmd/i.test(program) ? undefined : script + 2)) harm(word, 1);
  }
}

/** `node -e SCRIPT`: another process of the same language. */
function evaluated(called: Called, words: Value, name: string, flow: Flow): void {
  const flag = [...words.fields ?? []].find(([, word]) => /^(-e|-p|-pe|--eval|--print)$/.test(textOf(word) ?? ''))?.[0];
  const script = flag === undefined ? undefined : words.fields?.get(String(Number(flag) + 1));
  if (script) flow.program.reach('code-injection', script, at(called, 1), `is run as a script by ${name}`, flow);
}

function harmOfProgram(called: Called, program: Value, name: string, flow: Flow): void {
  // Only whoever names the program itself runs what they want; a path with a constant name is another matter.
  const whole = { ...program, taints: taintsIn(program).filter(({ isPartial, kind, parameter }) => !isPartial && (kind === undefined ? parameter !== undefined : kind !== 'environment' && kind !== 'command-line')) };
  flow.program.reach('command-injection', whole, at(called, 0), `names the program that ${name} runs`, flow);
}

function isFalse({ node }: Called, option: string): boolean {
  return (node.arguments ?? []).some((argument) => ts.isObjectLiteralExpression(argument) && argument.properties.some((member) => ts.isPropertyAssignment(member) && member.name.getText() === option && member.initializer.kind === ts.SyntaxKind.FalseKeyword));
}

function code(called: Called, flow: Flow): void {
  const { api, args, name, node } = called;
  if (called.isOwn) return;
  const rule = /(un|de)(serial|marshal|freez|pickl)|reviv|hydrat/i.test(enclosingName(node)) ? 'unsafe-deserialisation' : 'code-injection';
  const harm = (value: Value | undefined, index: number, sink: string): void => {
    if (value) flow.program.reach(rule, value, at(called, index), sink, flow);
  };
  if (api === 'eval' || api === 'global.eval' || api === 'execScript') return harm(args[0], 0, 'is run by eval');
  if (api === 'Function') return args.forEach((arg, index) => harm(arg, index, 'is compiled as a function'));
  if (/^(setTimeout|setInterval|setImmediate)$/.test(api) && args[0] && args[0].shape !== undefined) return harm(args[0], 0, `is run by ${name}`);
  if (/^(vm|vm2|node:vm)\.(runInContext|runInNewContext|runInThisContext|compileFunction|Script|SourceTextModule)$/.test(api) || /^vm2\.(VM|NodeVM)\(\)\.run$/.test(api)) return harm(args[0], 0, `is run by ${name}`);
  if (/^(_compile)$/.test(name)) return harm(args[0], 0, 'is compiled as a module');
  if (/^(lodash(\.template)?|_|underscore)(\.template)?$/.test(api) && /template/.test(api)) return harm(args[0], 0, 'is compiled as a template');
  if (/^(pug|jade|ejs|handlebars|Handlebars|nunjucks|mustache|doT|dot|swig|eta|hogan\.js|art-template)\.(compile|render|renderString|template)$/.test(api) && !/mustache/i.test(api)) return harm(args[0], 0, 'is compiled as a template');
  if (/^(safe-eval|static-eval|notevil|expr-eval|safer-eval)(\(\))?$/.test(api)) return harm(args[0], 0, `is run by ${api}`);
  if (/^(node-serialize|serialize-to-js|funcster|cryo|serialijse|serialize-javascript|node-serialize-lib)\.(unserialize|deserialize|deepDeserialize|parse)$/.test(api)) return harmOfObject(args[0], called, flow);
  if (/^(js-yaml|yamljs|yaml-js)\.(load|loadAll)$/.test(api) && isOldYaml(api, flow) && !/safe|json|core/i.test(args[1] ? (node.arguments?.[1]?.getText() ?? '') : '')) return harmOfObject(args[0], called, flow);
  if (/^js-yaml\.(unsafeLoad|unsafe_load)$/.test(api)) harmOfObject(args[0], called, flow);
}

function harmOfObject(value: Value | undefined, called: Called, flow: Flow): void {
  if (!value) return;
  flow.program.reach('unsafe-deserialisation', value, at(called, 0), `is made into objects by ${called.name}`, flow);
  // Nobody knows where it comes from; but there is a safe way to read it, and this is not it.
  if (textOf(value) === undefined && flow.program.isLast) {
    const { file } = flow.module;
    const line = flow.module.line(called.node);
    flow.program.hit({ rule: 'unsafe-deserialisation', file, line, column: flow.module.column(called.node), source: 'file', label: 'what is read', isPartial: false, sink: `is made into objects by ${called.name}`, steps: [] });
  }
}

/** js-yaml made functions of what it read before its version 4. */
function isOldYaml(api: string, flow: Flow): boolean {
  const version = flow.program.versions(api.split('.')[0] ?? '');
  return version !== undefined && /^[~^<=\sv]*[0-3]\./.test(version);
}

function enclosingName(node: ts.Node): string {
  let name = '';
  for (let here: ts.Node | undefined = node, depth = 0; here && depth < 60; here = here.parent, depth += 1) {
    if (ts.isFunctionLike(here)) name += ` ${here.name?.getText() ?? (ts.isVariableDeclaration(here.parent) ? here.parent.name.getText() : ts.isBinaryExpression(here.parent) ? here.parent.left.getText() : '')}`;
  }
  return name;
}

const OPENS = /^(readFile|readFileSync|createReadStream|createWriteStream|writeFile|writeFileSync|appendFile|appendFileSync|open|openSync|openAsBlob|unlink|unlinkSync|rm|rmSync|rmdir|rmdirSync|readdir|readdirSync|mkdir|mkdirSync|rename|renameSync|copyFile|copyFileSync|copy|copySync|move|moveSync|remove|removeSync|truncate|symlink|symlinkSync|link|linkSync|chmod|chmodSync|outputFile|outputFileSync|readJson|readJSON|writeJson|ensureDir|ensureDirSync|emptyDir|cp|cpSync|opendir|WriteStream|ReadStream|mkdirp|mkdirpSync|mkdirs|mkdirsSync)$/;

function files(called: Called, flow: Flow): void {
  const { api, args, name, object } = called;
  const harm = (index: number, sink: string): void => {
    const value = args[index];
    if (!value) return;
    // A function that is told the whole path is told by its caller what to open: only a part of one is a trap.
    flow.program.reach('path-traversal', { taints: taintsIn(value) }, at(called, index), sink, flow);
  };
  if (called.isOwn) return;
  if (/^(fs|fs\.promises|original-fs|mkdirp|rimraf|pn\.fs|bluebird\.fs|vinyl-fs|klaw|del|make-dir|write-file-atomic)(\.|$|\()/.test(api) && (OPENS.test(name) || /^(mkdirp|rimraf|del|make-dir|write-file-atomic)(\.sync)?$/.test(api))) {
    harm(0, `is opened by ${name}`);
    if (/^(rename|renameSync|copyFile|copyFileSync|copy|copySync|move|moveSync|cp|cpSync|symlink|symlinkSync|link|linkSync)$/.test(name)) harm(1, `is opened by ${name}`);
    return;
  }
  if (object?.role === 'response' && /^(sendFile|sendfile|download)$/.test(name) && !args.some(({ fields }) => fields?.has('root'))) harm(0, `is sent by ${name}`);
}

function pages(called: Called, flow: Flow): void {
  const { args, name, api, object, node } = called;
  const [first, second] = args;
  const harm = (value: Value, index: number, sink: string): void => flow.program.reach('xss', value, at(called, index), sink, flow);
  if (called.isOwn) return;
  if (/^document\.(write|writeln)$/.test(api)) return args.forEach((arg, index) => harm(arg, index, 'is written into the page'));
  if (name === 'insertAdjacentHTML' && second) return harm(second, 1, 'is written into the page');
  if (name === 'createContextualFragment' && first) return harm(first, 0, 'is made into elements');
  if (name === 'html' && first && object && /^(\$|jQuery)(\(\)|\.|$)/.test(object.api ?? '')) return harm(first, 0, 'is set as HTML by jQuery');
  if (/^(\$|jQuery)$/.test(api) && first && isMarkup(first)) return harm(first, 0, 'is made into elements by jQuery');
  if (object?.role !== 'response' || !first || !/^(send|write|end)$/.test(name)) return;
  if (isMarkup(first)) return harm(first, 0, `is sent as a page by ${name}`);
  const around = wholeFunction(node, flow);
  const isPage = /text\/html/.test(around);
  // An object is sent as JSON; and fastify sends a text as plain text unless it is told otherwise.
  const isPlain = first.fields !== undefined && first.shape === undefined || /^(reply|rep|_reply)\b/.test(node.expression.getText());
  const isOther = isPlain || /application\/|text\/(plain|css|javascript|xml|event-stream)|image\/|\.type\(['"](?!html)|\.json\(/.test(around);
  // Express sends a text as a page unless it is told otherwise; node:http sends what it is told.
  if (isPage || name === 'send' && !isOther && first.shape !== undefined) harm(first, 0, `is sent as a page by ${name}`);
  else if (name === 'send' && !isOther) harm({ ...first, taints: taintsIn({ ...first }).filter(({ label }) => !/body|uploaded/.test(label)) }, 0, `is sent as a page by ${name}`);
}

function wholeFunction(node: ts.Node, flow: Flow): string {
  let here: ts.Node = node;
  while (here.parent && !ts.isFunctionLike(here)) here = here.parent;
  return flow.module.text(here).slice(0, 20_000);
}

const CALLS_OUT = /^(fetch|https?\.(get|request)|axios(\(\))?(\.(get|post|put|delete|patch|request|head))?|got(\.\w+)?|request(\.(get|post|put|delete|head))?|request-promise(\.\w+)?|request-promise-native(\.\w+)?|needle(\.\w+)?|superagent(\.\w+)?|node-fetch|undici\.(fetch|request)|bent|phin|follow-redirects\.https?\.(get|request)|urllib\.request|simple-get(\.\w+)?)$/;

function addresses(called: Called, flow: Flow): void {
  const { api, args, name, object } = called;
  const [first, second] = args;
  if (called.isOwn || !first) return;
  if (CALLS_OUT.test(api)) {
    const address = first.fields?.get('url') ?? first.fields?.get('uri') ?? first.fields?.get('hostname') ?? first.fields?.get('host') ?? (first.fields ? UNKNOWN : first);
    if (leadsElsewhere(address)) flow.program.reach('ssrf', address, at(called, 0), `is called by ${name}`, flow);
  }
  if (object?.role === 'response' || object?.role === 'context') {
    if (name === 'redirect') {
      const index = second && Number(textOf(first)) > 0 ? 1 : 0;
      const target = args[index] ?? UNKNOWN;
      if (leadsElsewhere(target)) flow.program.reach('open-redirect', target, at(called, index), 'is where the browser is sent', flow);
    } else if (/^(setHeader|set|header|append)$/.test(name) && second && /^location$/i.test(textOf(first) ?? '') && leadsElsewhere(second)) flow.program.reach('open-redirect', second, at(called, 1), 'is where the browser is sent', flow);
  }
}

function documents(called: Called, flow: Flow): void {
  const { api, args, name, node } = called;
  const options = (node.arguments ?? []).map((argument) => argument.getText()).slice(1).join(',');
  if (/^(libxmljs2?|libxml|libxmljs-mt|node-libxml)\.(parseXml|parseXmlString|parseXmlAsync|parseString)$/.test(api) && args[0] && /\b(noent|dtdload|replaceEntities)\s*:\s*(true|1|!0)/.test(options)) {
    flow.program.reach('xxe', args[0], at(called, 0), `is parsed by ${name} with entities`, flow);
  }
}
