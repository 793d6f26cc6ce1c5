import type { RowId } from '../catalogue/rows.ts';
import { globMatcher } from '../foundation/glob.ts';

const CODE = ['ts', 'tsx', 'mts', 'cts', 'js', 'jsx', 'mjs', 'cjs', 'vue', 'svelte', 'py', 'java', 'kt', 'go', 'rb', 'rs', 'cs', 'php', 'scala'];
const CODE_FILES = `*.{${CODE.join()}}`;

/** Where each row usually is, in repositories of TypeScript, JavaScript, Python, Java and Go. */
const USUAL: { readonly [row in RowId]?: readonly string[] } = {
  'source.application': [`{src,lib,app,server,client,cmd,pkg,internal,api,web}/**/${CODE_FILES}`, `{server,index,main,app,wsgi,asgi,manage}.{${CODE.join()}}`, `{packages,apps,services}/*/{src,lib,app}/**/${CODE_FILES}`, '*/{__init__,__main__,app,main}.py', '*/src/main/**/*.{java,kt,scala}', 'main.go', '*.go'],
  'source.tests': ['**/*.{test,spec}.*', '**/{test,tests,__tests__,spec,features,acceptance,e2e}/**/*.*', '**/test_*.py', '**/*_test.{py,go}', '**/src/{test,integrationTest}/**/*.{java,kt}'],
  'source.infrastructure': ['{infrastructure,infra,cdk,iac,terraform,deploy,deployment,k8s,kubernetes,helm,charts}/**/*.*', '**/*.{tf,bicep}', '**/{cdk.json,Pulumi.yaml,Chart.yaml,kustomization.yaml}', '{template,serverless}.{yaml,yml}'],
  'source.static-assets': ['{public,static,assets,web,www}/**/*.*', '**/{public,static,assets}/**/*.*', '**/*.{html,css,scss,svg,png,jpg,webp,ico}'],
  'source.dependency-manifests': ['**/package.json', '**/{pyproject.toml,requirements*.txt,Pipfile}', '**/{pom.xml,build.gradle,build.gradle.kts}', '**/{go.mod,Cargo.toml,Gemfile}'],
  'source.static-configuration': ['{config,conf,settings}/**/*.{json,jsonc,json5,yaml,yml,toml,xml,hcl,ini,conf,properties}', '**/src/main/resources/**/*.{properties,yaml,yml,xml,conf}', '*.config.{ts,js,mjs,cjs,json}', '{tsconfig,openapi,appsettings,config,settings}*.{json,yaml,yml,toml}', '**/.env.{example,sample,template}', '*.{ini,cfg}'],
  'source.database': ['{db,database,migrations,prisma,schema}/**/*.*', '**/src/main/resources/db/**/*.*', '**/migrations/**/*.{sql,py,ts,js,go}', '**/{schema.sql,schema.prisma}'],
  'local.pre-commit-hooks': ['.husky/pre-commit', '.githooks/pre-commit', '.pre-commit-config.yaml', '{.,}lefthook.{yml,yaml}'],
  'local.ide-plugins': ['.vscode/{extensions,settings}.json', '.idea/{externalDependencies,codeStyles/*}.xml', '.run/*.xml', '.editorconfig'],
};

/** None of it is the application's. */
const FOREIGN = /(^|\/)(node_modules|bower_components|vendor|third_party|\.git|\.venv|venv|dist|build|target|coverage|__pycache__)\//;
const PIPELINE = /^trunkline\.config\.[cm]?[jt]s$/;

/** Where a row is looked for: the globs, and which files they mean. */
export interface Place {
  readonly globs: readonly string[];
  readonly isDeclared: boolean;
  readonly files: readonly string[];
}

/** What a row means of these paths: where it is declared to be, else in the usual places. */
export function placeOf(row: RowId, declared: readonly string[] | undefined, paths: readonly string[]): Place {
  const globs = declared ?? USUAL[row] ?? [];
  const isMeant = globMatcher(globs);
  if (declared) return { globs, isDeclared: true, files: paths.filter(isMeant) };
  const usual = (path: string): boolean => !FOREIGN.test(path) && !(row === 'source.application' && isTest(path));
  return { globs, isDeclared: false, files: paths.filter((path) => usual(path) && isMeant(path)) };
}

export function isTest(path: string): boolean {
  return /[._](test|spec)\.|(^|\/)(test|tests|__tests__|spec|e2e)\/|(^|\/)test_[^/]*\.py$/.test(path);
}

/** What others made, and what a build made: tracked or not, it is not judged as one's own. */
export function isForeign(path: string): boolean {
  return FOREIGN.test(path);
}

/** Programs, by their names. */
export function isCode(path: string): boolean {
  return CODE.includes(/\.([a-z]+)$/.exec(path)?.[1] ?? '') && !/\.(d\.[cm]?ts|min\.js)$/.test(path) && !PIPELINE.test(path);
}

export function lackingAt({ globs, isDeclared }: Place): string {
  return isDeclared ? `no tracked file matches ${globs.join(', ')}` : `git tracks nothing in the usual places (${globs.join(', ')})`;
}

export function foundAt({ files }: Place): string {
  return files.length === 1 ? files[0] as string : `${files[0]} and ${files.length - 1} more`;
}
