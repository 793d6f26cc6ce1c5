/** Which programs a package brings: of pnpm and Yarn 1, no lock file says so. */

/** Well-known packages whose programs are named otherwise than the package. */
const NAMED_OTHERWISE: { readonly [name: string]: readonly string[] } = {
  'typescript': ['tsc', 'tsserver'], '@typescript/native-preview': ['tsgo'], '@playwright/test': ['playwright'], 'playwright-core': ['playwright-core'],
  '@cucumber/cucumber': ['cucumber-js', 'cucumber'], '@biomejs/biome': ['biome'], '@angular/cli': ['ng'], '@nestjs/cli': ['nest'], '@vue/cli-service': ['vue-cli-service'],
  '@stryker-mutator/core': ['stryker'], '@babel/cli': ['babel'], '@babel/node': ['babel-node'], '@swc/cli': ['swc', 'swcx'], '@swc-node/cli': ['swc-node'],
  'aws-cdk': ['cdk'], 'webpack-cli': ['webpack-cli', 'webpack'], 'babel-cli': ['babel'], 'ts-node': ['ts-node', 'ts-node-esm', 'ts-script', 'ts-node-script', 'ts-node-transpile-only'],
  'jest-cli': ['jest'], 'gulp-cli': ['gulp'], 'grunt-cli': ['grunt'], 'ember-cli': ['ember'], 'nyc': ['nyc'], 'mocha': ['mocha', '_mocha'], 'snyk': ['snyk'],
  '@redocly/cli': ['redocly', 'openapi'], '@stoplight/spectral-cli': ['spectral'], '@cyclonedx/cdxgen': ['cdxgen', 'obom', 'cbom', 'saasbom'], '@cyclonedx/cyclonedx-npm': ['cyclonedx-npm'],
  '@remix-run/dev': ['remix'], '@react-router/dev': ['react-router'], '@react-router/serve': ['react-router-serve'], '@sveltejs/package': ['svelte-package'], '@storybook/cli': ['sb', 'storybook'], 'npm-run-all': ['npm-run-all', 'run-s', 'run-p'],
  'npm-run-all2': ['npm-run-all', 'npm-run-all2', 'run-s', 'run-p'], 'concurrently': ['concurrently', 'conc'], 'serverless': ['serverless', 'sls'], '@commitlint/cli': ['commitlint'], '@wdio/cli': ['wdio'],
  '@microsoft/api-extractor': ['api-extractor'], 'vue-tsc': ['vue-tsc'], 'istanbul': ['istanbul'], '@changesets/cli': ['changeset'], 'node-sass': ['node-sass'], 'sass-embedded': ['sass'],
  'markdownlint-cli': ['markdownlint'], 'html-validate': ['html-validate'], 'nx': ['nx'], '@nrwl/cli': ['nx'], 'lerna': ['lerna'], '@graphql-codegen/cli': ['graphql-codegen', 'gql-gen', 'graphql-code-generator'],
  '@tailwindcss/cli': ['tailwindcss'], 'postcss-cli': ['postcss'], '@openapitools/openapi-generator-cli': ['openapi-generator-cli'], 'uglify-js': ['uglifyjs'], 'pm2': ['pm2', 'pm2-dev', 'pm2-docker', 'pm2-runtime'],
  'drizzle-kit': ['drizzle-kit'], '@mikro-orm/cli': ['mikro-orm', 'mikro-orm-esm'], 'sequelize-cli': ['sequelize', 'sequelize-cli'], 'typeorm': ['typeorm', 'typeorm-ts-node-commonjs', 'typeorm-ts-node-esm'],
};

/** The programs of a package by its name: those that are known, else the name without its scope, and without "-cli". */
export function programsOf(name: string): readonly string[] {
  const known = Object.hasOwn(NAMED_OTHERWISE, name) ? NAMED_OTHERWISE[name] : undefined;
  const bare = name.replace(/^@[^/]+\//, '');
  return known ?? [name, bare, bare.replace(/-cli$/, '')];
}

/**
 * The programs that a lock file names of what it puts where the project's commands find it: npm says all, Yarn 2 and
 * newer those of each package, pnpm none of a package whose name is another.
 * @param declared names of the direct dependencies.
 */
export function toolsLocked(lock: string, text: string, declared: readonly string[]): readonly string[] {
  if (lock.endsWith('.json')) return byNpm(text);
  return lock === 'yarn.lock' ? byYarn(text, declared) : [];
}

function byNpm(text: string): readonly string[] {
  const packages = entriesOf(text);
  return Object.entries(packages).flatMap(([path, entry]) => {
    if (!/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path)) return [];
    const { link, resolved } = entry;
    // A package of the repository itself, whose programs stand where it is.
    const { bin } = link === true && typeof resolved === 'string' ? packages[resolved] ?? entry : entry;
    if (typeof bin === 'string') return [path.replace(/^.*\//, '')];
    return typeof bin === 'object' && bin !== null ? Object.keys(bin) : [];
  });
}

type Entry = { readonly bin?: unknown; readonly link?: unknown; readonly resolved?: unknown };

function entriesOf(text: string): { readonly [path: string]: Entry } {
  try {
    const { packages } = JSON.parse(text) as { readonly packages?: unknown };
    if (typeof packages !== 'object' || packages === null) return {};
    return Object.fromEntries(Object.entries(packages).filter((each): each is [string, Entry] => typeof each[1] === 'object' && each[1] !== null));
  } catch {
    return {};
  }
}

/** Blocks of `"name@range, …":`, in which `bin:` holds a map. */
function byYarn(text: string, declared: readonly string[]): readonly string[] {
  const direct = new Set(declared);
  const tools: string[] = [];
  let isDirect = false;
  let inBin = false;
  for (const line of text.split('\n')) {
    if (/^\S/.test(line)) isDirect = direct.has(/^"?(@?[^@"]+)@/.exec(line)?.[1] ?? '');
    if (/^ {0,2}\S/.test(line)) inBin = line.trimEnd() === '  bin:';
    else if (inBin && isDirect) tools.push(/^ +"?([^":\s]+)"?:/.exec(line)?.[1] ?? '');
  }
  return tools.filter((tool) => tool !== '');
}
