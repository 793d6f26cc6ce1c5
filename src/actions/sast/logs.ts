import ts from 'typescript';
import type { Flow } from './program.ts';
import { at, type Called } from './sinks.ts';

const WRITES = /^(log|info|warn|error|debug|trace|fatal|notice|verbose|http|silly)$/;
/** By the name of what logs; loggers that write JSON break no line. */
const LOGGERS = /(^|[.\]_])(console|log|logger|logging|winston|log4js|loglevel|signale|consola|tracer)(\(\))?$|Logger$/i;
const WRITES_JSON = /^(pino|bunyan|roarr|fastify)\b/;
const REQUEST_LOG = /\b(req|request|ctx|fastify|server|app)\.log$/;
/** Formats that write a value as JSON. */
const AS_JSON = /%[joO]/;

/** Lines of a log that somebody else may break. */
export function logged(called: Called, flow: Flow): void {
  const { name, object, args, node, isOwn } = called;
  if (isOwn || !object || !WRITES.test(name) || !ts.isPropertyAccessExpression(node.expression)) return;
  const holder = node.expression.expression.getText();
  if (!LOGGERS.test(holder) || WRITES_JSON.test(object.api ?? '') || REQUEST_LOG.test(holder)) return;
  if (AS_JSON.test(args[0]?.shape ?? '')) return;
  args.forEach((arg, index) => {
    // An object is shown with its texts quoted.
    if (!arg.fields) flow.program.reach('log-injection', { taints: arg.taints }, at(called, index), `is logged by ${name}`, flow);
  });
}
