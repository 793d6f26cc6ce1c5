import { matchesGlob } from 'node:path';
import type { RowId } from '../catalogue/rows.ts';

/** What a row of Source (or of a developer's machine) is found to be in a repository. */
export type Finding = { readonly found: string } | { readonly lacking: string };

const CODE = '{ts,tsx,mts,js,jsx,mjs,cjs,py,java,kt,go,rb,rs,cs,php,scala}';

/** Where each row usually is, in repositories of JavaScript, TypeScript, Python and Java. */
const USUAL: { readonly [row in RowId]?: readonly string[] } = {
  'source.application': [`{src,lib,app,server,cmd,pkg}/**/*.${CODE}`, `{server,index,main,app}.${CODE}`, `*/{__init__,__main__,app,main}.py`],
  'source.tests': [`**/*.{test,spec}.*`, `**/{test,tests,__tests__,features,acceptance}/**/*.*`, '**/test_*.py', '**/*_test.{py,go}', 'src/test/**/*.{java,kt}'],
  'source.infrastructure': [`{infrastructure,infra,cdk}/**/*.*`, '**/*.tf', 'cdk.json', 'Pulumi.yaml', '{template,serverless}.{yaml,yml}'],
  'source.static-assets': ['{public,static,assets,web,www}/**/*.*', 'src/**/{public,static,assets}/**/*.*', '**/*.{html,css,svg,png,ico}'],
  'source.dependency-manifests': ['**/package.json', '**/{pyproject.toml,requirements*.txt,Pipfile}', '**/{pom.xml,build.gradle,build.gradle.kts}', '**/{go.mod,Cargo.toml,Gemfile}'],
  'source.static-configuration': ['config/**/*.{json,yaml,yml,toml,xml,hcl,ini,properties}', 'src/main/resources/*.{properties,yaml,yml,xml}', '*.config.{ts,js,mjs,cjs,json}', '{tsconfig,openapi}.{json,yaml}', '.env.example'],
  'source.database': ['{db,database,migrations,prisma}/**/*.*', 'src/main/resources/db/**/*.*', '**/migrations/**/*.{sql,py,ts,js}'],
  'local.pre-commit-hooks': ['.husky/pre-commit', '.githooks/pre-commit', '.pre-commit-config.yaml', '{.,}lefthook.{yml,yaml}'],
  'local.ide-plugins': ['.vscode/{extensions,settings}.json', '.idea/{externalDependencies,codeStyles/*}.xml', '.editorconfig'],
};

/** What says exactly which third-party code: by the manifest beside which it belongs. */
const LOCKS: readonly (readonly [manifest: RegExp, locks: readonly string[]])[] = [
  [/^package\.json$/, ['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock']],
  [/^pyproject\.toml$/, ['poetry.lock', 'uv.lock', 'pdm.lock', 'requirements.txt']],
  [/^requirements.*\.txt$/, ['requirements.txt', 'requirements.lock']],
  [/^Pipfile$/, ['Pipfile.lock']],
  [/^pom\.xml$/, ['pom.xml']],
  [/^build\.gradle(\.kts)?$/, ['gradle.lockfile', 'buildscript-gradle.lockfile']],
  [/^go\.mod$/, ['go.sum']],
  [/^Cargo\.toml$/, ['Cargo.lock']],
  [/^Gemfile$/, ['Gemfile.lock']],
];

/** Names that say that a file belongs to one environment; what it holds is the environment's to be given. */
const SPECIFIC = /(^|\/)(\.env(\.(?!example$|sample$|template$)[^/]+)?|(?:application[-.]|config[-.]|settings[-.]|appsettings\.)?(?:prod|production|staging|stage|beta|gamma|preprod)\.(?:json|ya?ml|toml|xml|properties|ini|env|hcl))$/i;
/** None of it is the application's. */
const FOREIGN = /(^|\/)(node_modules|vendor|\.git|dist|build|target)\//;

/** Looks for a row among the tracked files: where it is declared to be, else in the usual places. */
export function look(row: RowId, declared: readonly string[] | undefined, files: readonly string[]): Finding {
  const globs = declared ?? USUAL[row] ?? [];
  const own = declared ? files : files.filter((file) => !FOREIGN.test(file) && (row !== 'source.application' || !isTest(file)));
  const matching = own.filter((file) => globs.some((glob) => matchesGlob(file, glob)));
  const [one] = matching;
  if (one === undefined) return { lacking: declared ? `no tracked file matches ${globs.join(', ')}` : `nothing found in the usual places (${globs.join(', ')})` };
  if (row === 'source.dependency-manifests') return locked(matching, files);
  if (row === 'source.static-configuration') return unspecific(matching, files);
  return { found: matching.length === 1 ? one : `${one} and ${matching.length - 1} more` };
}

function isTest(file: string): boolean {
  return /\.(test|spec)\.|(^|\/)(test|tests|__tests__)\//.test(file);
}

/** A manifest's lock lies beside it, or above it where a workspace has one for all. */
function locked(manifests: readonly string[], files: readonly string[]): Finding {
  const tracked = new Set(files);
  for (const manifest of manifests) {
    const parts = manifest.split('/');
    const known = LOCKS.find(([name]) => name.test(parts.at(-1) ?? ''))?.[1];
    if (!known) continue;
    const folders = parts.slice(0, -1).map((_, index, all) => `${all.slice(0, all.length - index).join('/')}/`);
    if (![...folders, ''].some((folder) => known.some((lock) => tracked.has(folder + lock)))) return { lacking: `${manifest} has no lock file beside it; commit ${known.slice(0, 2).join(' or ')}` };
  }
  return { found: manifests.length === 1 ? manifests[0] as string : `${manifests[0]} and ${manifests.length - 1} more, locked` };
}

function unspecific(configuration: readonly string[], files: readonly string[]): Finding {
  const specific = files.find((file) => SPECIFIC.test(file) && !FOREIGN.test(file));
  if (specific !== undefined) return { lacking: `${specific} belongs to one environment; give its values as settings or secrets of that environment` };
  return { found: configuration.length === 1 ? configuration[0] as string : `${configuration[0]} and ${configuration.length - 1} more` };
}
