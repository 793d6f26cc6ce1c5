import { linesOf } from './lines.ts';

/** A place that behaves otherwise in one environment, by the environment's name. */
export interface Switch { readonly line: number; readonly what: string }

/** Names that mean an environment wherever they stand, and those that mean one only beside another. */
const CERTAIN = new Set(['prod', 'production', 'staging', 'preprod', 'pre-production', 'preproduction', 'uat']);
const POSSIBLE = new Set(['stage', 'beta', 'gamma', 'qa', 'live', 'dev', 'development', 'test', 'testing', 'local', 'integration', 'acceptance', 'sandbox']);
/** What tools of development read; how they build and test is nobody's environment. */
const TOOLING = /(^|\/)\.?(babel|jest|vitest|vite|webpack|rollup|esbuild|eslint|prettier|postcss|tailwind|tsup|swc|metro|karma|playwright|cypress|stylelint|next|nuxt|astro|svelte)[^/]*$/;

/** Sections of configuration that belong to one environment. */
export function sectionsIn(text: string, path: string): readonly Switch[] {
  if (TOOLING.test(path)) return [];
  const sections = [...linesOf(text)].flatMap(([line, content]) => {
    const section = sectionAt(content);
    return section === undefined ? [] : [{ line, ...section }];
  });
  return sections.filter(({ name, indent, line }) => CERTAIN.has(name) || (POSSIBLE.has(name) && sections.some((other) => other.line !== line && other.indent === indent && other.name !== name && (CERTAIN.has(other.name) || POSSIBLE.has(other.name)) && !(isOfTests(name) && isOfTests(other.name)))))
    .map(({ line, name }) => ({ line, what: `the section "${name}"` }));
}

/** `test` and `integration` beside each other are sorts of tests. */
function isOfTests(name: string): boolean {
  return ['test', 'testing', 'integration', 'acceptance'].includes(name);
}

/** A key that holds more keys, or the head of a section, whose name is an environment's. */
function sectionAt(line: string): { readonly name: string; readonly indent: number } | undefined {
  const found = /^(\s*)["']?([a-z-]+)["']?\s*:\s*(?:[{[&][^\n]*)?$/i.exec(line) // JSON, YAML, JavaScript
    ?? /^(\s*)\[{1,2}(?:env\.|environments?\.|profiles?\.)?([a-z-]+)(?:\.[\w.-]+)?\]{1,2}\s*$/i.exec(line) // TOML, INI
    ?? /^(\s*)%([a-z-]+)\.\S+\s*=/i.exec(line) // Quarkus
    ?? /^(\s*)(?:spring\.config\.activate\.)?on-profile\s*[:=]\s*["']?([a-z-]+)["']?\s*$/i.exec(line)
    ?? /^(\s*)spring\.profiles(?:\.active)?\s*[:=]\s*["']?([a-z-]+)["']?\s*$/i.exec(line);
  const name = found?.[2]?.toLowerCase();
  return found && name !== undefined && (CERTAIN.has(name) || POSSIBLE.has(name)) ? { name, indent: found[1]?.length ?? 0 } : undefined;
}

const NAME = '["\'`](?:prod|production|staging|stage|preprod|pre-production|uat|beta|gamma|qa|live)["\'`]';
const VARIABLE = '(?:NODE_ENV|APP_ENV|APPLICATION_ENV|DEPLOY_ENV|DEPLOYMENT_ENV|ENV|ENVIRONMENT|APP_ENVIRONMENT|STAGE|DEPLOY_STAGE|RAILS_ENV|RACK_ENV|FLASK_ENV|DJANGO_ENV|GO_ENV|ASPNETCORE_ENVIRONMENT|SPRING_PROFILES_ACTIVE|PROFILE)';
/** The variable as each language reads it, and names that people give to its value. */
const READ = `(?:process\\.env(?:\\.${VARIABLE}|\\[["']${VARIABLE}["']\\])|(?:Deno\\.env\\.get|Bun\\.env\\.get|os\\.environ(?:\\.get)?|os\\.getenv|os\\.Getenv|System\\.getenv|getenv|ENV(?:\\.fetch)?|env::var)[([]\\s*["']${VARIABLE}["'][^)\\]]{0,40}[)\\]]|import\\.meta\\.env\\.MODE|(?<![\\w$.'"\`-])(?:[\\w$]{1,40}\\.){0,3}(?:env|environment|nodeEnv|node_env|appEnv|app_env|deployEnv|currentEnv|envName|env_name|environmentName|NODE_ENV|APP_ENV|ENVIRONMENT))(?![\\w$])`;

const SWITCHES: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`${READ}\\s{0,9}(?:\\|\\||\\?\\?)?\\s{0,9}(?:["']\\w{0,20}["']\\)?)?\\s{0,9}(?:[!=]==?|\\.equals(?:IgnoreCase)?\\()\\s{0,9}${NAME}`), 'a comparison with the name of an environment'],
  [new RegExp(`${NAME}\\s{0,9}(?:[!=]==?\\s{0,9}|\\.equals(?:IgnoreCase)?\\(\\s{0,9})${READ}`), 'a comparison with the name of an environment'],
  [new RegExp(`${READ}\\s{1,9}(?:not\\s{1,9})?in\\s{0,9}[[({][^\\])}]{0,200}?${NAME}`), 'a comparison with names of environments'],
  [new RegExp(`\\[[^[\\]]{0,200}?${NAME}[^[\\]]{0,200}\\]\\.includes\\(\\s{0,9}${READ}`), 'a comparison with names of environments'],
  [new RegExp(`[\\w$)\\]]\\[\\s{0,9}process\\.env\\.${VARIABLE}\\b[^\\]]{0,60}\\]`), 'a choice by the name of the environment'],
  [new RegExp(`(?:require|import|readFile(?:Sync)?|load|open)\\([^)]{0,200}process\\.env\\.${VARIABLE}\\b`), 'a file chosen by the name of the environment'],
  [/@Profile\(\s{0,9}\{?\s{0,9}["']!?(?:prod|production|staging|stage|preprod|uat|beta|gamma|qa|live)["']/, 'a profile named after an environment'],
  [/\b(?:Rails|Hanami)\.env\.(?:production|staging)\?|\.Is(?:Production|Staging)\(\)|\bimport\.meta\.env\.PROD\b/, 'a question for the name of the environment'],
];
const SWITCHED = new RegExp(`\\b(?:switch|match)\\s{0,9}\\(?\\s{0,9}${READ}`);
const CASE = new RegExp(`^\\s*case\\s{1,9}${NAME}`);

/** Places of a program that ask for the name of the environment. Asking whether it is a test or a development run is tooling. */
export function switchesIn(code: string): readonly Switch[] {
  const found: Switch[] = [];
  let switched = -Infinity;
  for (const [line, text] of linesOf(code)) {
    const what = SWITCHES.find(([pattern]) => pattern.test(text))?.[1];
    if (what !== undefined) found.push({ line, what });
    else if (line - switched <= 40 && CASE.test(text)) {
      found.push({ line: switched, what: 'a choice by the name of the environment' });
      switched = -Infinity;
    }
    if (SWITCHED.test(text)) switched = line;
  }
  return found;
}
