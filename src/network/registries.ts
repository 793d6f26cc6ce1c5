import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { placeOf, type Allowed } from './reach.ts';

type Environment = { readonly [name: string]: string | undefined };

/**
 * Where package managers look by themselves, and where those places send them: names alone. None at which anyone may
 * put things under a name of his own, as in the buckets of a cloud: that would be a way out.
 */
const PUBLIC = [
  'registry.npmjs.org', 'registry.yarnpkg.com', 'npm.jsr.io', 'jsr.io', 'nodejs.org', 'deno.land',
  'pypi.org', 'files.pythonhosted.org',
  'proxy.golang.org', 'sum.golang.org', 'dl.google.com',
  'index.crates.io', 'static.crates.io', 'static.rust-lang.org',
  'repo.maven.apache.org', 'repo1.maven.org', 'maven.google.com', 'plugins.gradle.org', 'plugins-artifacts.gradle.org', 'services.gradle.org', 'downloads.gradle.org',
  'api.nuget.org', 'www.nuget.org', 'globalcdn.nuget.org',
  'rubygems.org', 'index.rubygems.org', 'packagist.org', 'repo.packagist.org', 'repo.hex.pm', 'builds.hex.pm', 'pub.dev',
];

/** Variables in which addresses of registries stand. */
const VARIABLES = ['GOPROXY', 'PIP_INDEX_URL', 'PIP_EXTRA_INDEX_URL', 'PIP_FIND_LINKS', 'UV_INDEX_URL', 'UV_DEFAULT_INDEX', 'UV_INDEX', 'NPM_CONFIG_REGISTRY', 'YARN_REGISTRY', 'NUGET_SOURCE', 'RUSTUP_DIST_SERVER', 'CARGO_REGISTRIES_CRATES_IO_INDEX'];

/** The settings of package managers in a home, and of the machine. */
const IN_HOME = ['.npmrc', '.config/pip/pip.conf', '.pip/pip.conf', '.config/uv/uv.toml', '.config/go/env', '.cargo/config.toml', '.cargo/config', '.m2/settings.xml', '.gradle/init.gradle', '.nuget/NuGet/NuGet.Config', '.yarnrc.yml', '.yarnrc', '.bundle/config', '.config/composer/config.json'];
const MAVEN_OF_MACHINE = ['/etc/maven/settings.xml'];
const OF_MACHINE = ['/etc/npmrc', '/usr/etc/npmrc', '/usr/local/etc/npmrc', '/etc/pip.conf', ...MAVEN_OF_MACHINE];
const REMARK = /<!--[\s\S]*?-->/g;

/**
 * The registries of this machine: those that its package managers are set up for, read from the operator's files and
 * never from the commit's, the public ones, and what the operator adds. What the operator set up may be private.
 */
export function registriesOf(host: Environment, home: string, added: readonly string[]): readonly Allowed[] {
  const variables = VARIABLES.flatMap((name) => addressesIn(host[name] ?? host[name.toLowerCase()] ?? ''));
  const files = [...IN_HOME.map((path) => join(home, path)), ...OF_MACHINE].flatMap((path) => addressesIn(textOf(path)));
  const configured = [...new Set([...variables, ...files])].map((address) => new URL(address));
  return [
    ...added.map((text) => placeOf(text, true)),
    ...configured.filter(({ hostname }) => hostname !== '').map(({ hostname, port }) => ({ host: hostname.replace(/^\[(.*)\]$/, '$1'), inner: true, ...(port === '' ? {} : { port: Number(port) }) })),
    ...PUBLIC.map((name) => placeOf(name, false)),
  ];
}

/** One mirror of Maven's settings; its address without a user. */
export interface Mirror { readonly of: string; readonly url: string; readonly blocked: boolean }

/** The mirrors that Maven is set up for here, those of the machine after those of `home`, as Maven itself reads them. */
export function mavenMirrors(home: string, machine: readonly string[] = MAVEN_OF_MACHINE): readonly Mirror[] {
  return [join(home, '.m2/settings.xml'), ...machine].flatMap((path) => textOf(path).replaceAll(REMARK, '').match(/<mirror>[\s\S]*?<\/mirror>/g) ?? []).flatMap((mirror) => {
    const field = (name: string): string | undefined => new RegExp(`<${name}>\\s*([^<]*?)\\s*</${name}>`).exec(mirror)?.[1];
    const address = field('url') ?? '';
    if (!URL.canParse(address)) return [];
    const url = new URL(address);
    url.username = '';
    url.password = '';
    return [{ of: field('mirrorOf') ?? '*', url: url.href, blocked: field('blocked') === 'true' }];
  });
}

/** Remarks of XML are examples, mostly; those of others begin their line. */
function addressesIn(text: string): readonly string[] {
  const meant = text.replaceAll(REMARK, '').replaceAll(/^\s*[#;].*$/gm, '').replaceAll(/xmlns(:\w+)?="[^"]*"|schemaLocation="[^"]*"/g, '');
  return (meant.match(/https?:\/\/[^\s"'<>,|]+/g) ?? []).filter((address) => URL.canParse(address));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it is not there, or not to be read: then it sets nothing up
  }
}
