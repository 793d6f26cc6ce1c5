/**
 * Runs inside a cell: `node evaluate-main.ts FILE OUT` imports a configuration and writes what came of it to OUT, as
 * canonical JSON. It decides nothing: the configuration shares this process and could write OUT itself, so whoever
 * reads OUT believes none of it before it is proven to be a plan.
 */
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { canonicalJson } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { Json } from '../foundation/units.ts';
import { jsonFault } from './plain-json.ts';
import { placeAt } from './written.ts';

/** What OUT holds. */
export type Evaluation = { readonly plan: Json } | { readonly fault: { readonly message: string; readonly hint: string } };

/** The product's own files have the ending that this one has: `.ts` in development, `.js` where it is built. */
const ending = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
const exported: { readonly [specifier: string]: string } = {
  'trunkline': new URL(`./index${ending}`, import.meta.url).href,
  'trunkline/environments': new URL(`./environments${ending}`, import.meta.url).href,
};

const [file, out] = process.argv.slice(2).map((path) => resolve(path)) as [string, string];
process.argv = [process.argv[0] as string, file];
resolveTrunkline();
const evaluation = await evaluate(pathToFileURL(file).href);
writeFileSync(out, canonicalJson(evaluation), { flag: 'wx', mode: 0o600 });
process.exit(0); // whatever the configuration left running

async function evaluate(url: string): Promise<Evaluation> {
  try {
    const { default: plan } = (await import(url)) as { readonly default?: unknown };
    if (plan === undefined) return { fault: { message: `${placeAt(url, 1)}: it has no default export`, hint: 'write: export default application("name", { … })' } };
    const fault = jsonFault(plan);
    return fault === undefined ? { plan: plan as Json } : { fault: { message: `${placeAt(url, 1)}: what it exports is not a plan: ${fault}`, hint: 'export what application(…) returns' } };
  } catch (error) {
    return { fault: faultOf(error) };
  }
}

/**
 * `trunkline` is this very product, whatever the repository has installed. And a repository's own `.ts` files are
 * modules, whatever the nearest package.json says: a configuration must not depend on it.
 */
function resolveTrunkline(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const url = exported[specifier];
      if (url !== undefined) return { url, shortCircuit: true };
      if (specifier.startsWith('trunkline/')) throw new TrunklineError('CONFIG_INVALID', 'usage', `${context.parentURL === undefined ? '' : `${placeAt(context.parentURL, 1)}: `}there is no "${specifier}"`, `import from ${Object.keys(exported).map((name) => `"${name}"`).join(' or ')}`);
      const found = next(specifier, context);
      return /^file:.*\.ts$/.test(found.url) && !found.url.includes('/node_modules/') ? { ...found, format: 'module-typescript' } : found;
    },
  });
}

function faultOf(error: unknown): { message: string; hint: string } {
  if (error instanceof TrunklineError) return { message: error.record.message, hint: error.record.hint ?? '' };
  if (!(error instanceof Error)) return { message: `${placeAt(file, 1)}: it threw ${String(error)}`, hint: 'throw an Error, which says where' };
  const place = placeOfError(error);
  return { message: `${place === undefined ? '' : `${place}: `}${error.name === 'Error' ? '' : `${error.name}: `}${error.message}`, hint: hintFor(error) };
}

/** Syntax errors name their place in the first line of the stack, others in its frames; the product's own are skipped. */
function placeOfError(error: Error): string | undefined {
  const own = fileURLToPath(new URL('.', import.meta.url));
  for (const line of (error.stack ?? '').split('\n')) {
    const found = /^(?:\s+at (?:.*\()?(?:async )?)?((?:file:\/\/)?\/[^()]*?):(\d+)(?::\d+)?\)?$/.exec(line);
    const path = found?.[1]?.startsWith('file:') ? fileURLToPath(found[1]) : found?.[1];
    if (path !== undefined && !path.startsWith(own)) return placeAt(path, Number(found?.[2]));
  }
  const importer = / imported from (\S+)$/.exec(error.message)?.[1];
  return importer === undefined ? undefined : placeAt(importer, 1);
}

function hintFor(error: Error & { readonly code?: string }): string {
  if (error.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') return 'types are removed, not compiled: use a union of texts for an enum, and plain fields for parameter properties';
  if (/does not provide an export named/.test(error.message)) return 'if it is a type, write: import type { … }; otherwise look at the name';
  if (error.code === 'ERR_MODULE_NOT_FOUND' && / '\//.test(error.message)) return 'write the path with its ending, such as "./infrastructure/environments.ts"';
  if (error.code === 'ERR_MODULE_NOT_FOUND') return 'a configuration may import only files of the repository: nothing is installed when it is read';
  return 'correct it there, then run "trunkline check"';
}
