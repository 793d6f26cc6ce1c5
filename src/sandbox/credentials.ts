import { readFileSync } from 'node:fs';
import { delimiter } from 'node:path';

/** Variables that say where credentials lie, when not in the home: a file or a folder each. */
const NAMED_BY = [
  'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_WEB_IDENTITY_TOKEN_FILE', 'AZURE_CONFIG_DIR', 'CLOUDSDK_CONFIG', 'COMPOSER_HOME', 'DOCKER_CONFIG', 'GH_CONFIG_DIR', 'GIT_ASKPASS',
  'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GNUPGHOME', 'GOOGLE_APPLICATION_CREDENTIALS', 'GRADLE_USER_HOME', 'HELM_CONFIG_HOME', 'KUBECONFIG', 'KRB5CCNAME', 'NETRC', 'NPM_CONFIG_GLOBALCONFIG',
  'NPM_CONFIG_USERCONFIG', 'PASSWORD_STORE_DIR', 'PGPASSFILE', 'PGSERVICEFILE', 'PIP_CONFIG_FILE', 'REGISTRY_AUTH_FILE', 'SSH_AUTH_SOCK', 'VAULT_TOKEN_FILE', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME',
];

/** In folders that also hold programs. */
const BESIDE: readonly (readonly [variable: string, ...names: readonly string[]])[] = [['CARGO_HOME', 'credentials', 'credentials.toml', 'config', 'config.toml'], ['BUNDLE_USER_HOME', 'config']];

/** The machine's own settings of tools. Mostly they hold an address; some hold a password with it. */
const OF_THE_MACHINE = [
  '/etc/apt/auth.conf', '/etc/apt/auth.conf.d', '/etc/docker', '/etc/gitconfig', '/etc/kubernetes', '/etc/maven/settings.xml', '/etc/netrc', '/etc/npmrc', '/etc/pip.conf', '/etc/rancher',
  '/usr/etc/npmrc', '/usr/local/etc/npmrc', '/usr/share/maven/conf/settings.xml', '/opt/gradle/init.d',
];
const SECRET = /:\/\/[^/\s"'<>]*@|_auth|_password|extraheader|<password>|\bpassword\s*[=:]|\btoken\s*[=:]|"auths?"/i;

/** The files and folders outside of homes in which this machine keeps credentials, whether they exist or not. */
export function credentialPlaces(host: { readonly [name: string]: string | undefined }): readonly string[] {
  const value = (name: string): readonly string[] => (host[name] ?? host[name.toLowerCase()] ?? '').replace(/^FILE:/, '').split(delimiter).filter((path) => path.startsWith('/'));
  return [
    ...NAMED_BY.flatMap(value),
    ...BESIDE.flatMap(([variable, ...names]) => value(variable).flatMap((folder) => names.map((name) => `${folder}/${name}`))),
    ...OF_THE_MACHINE.filter(holdsSecrets),
  ];
}

/** What can't be read as a file is taken to: a folder, or one that is shut. */
function holdsSecrets(path: string): boolean {
  try {
    return SECRET.test(readFileSync(path, 'utf8'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

/** An address without the name and password in it. */
export function withoutUser(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/?#]*@/i, '$1');
}

/** The same for a proxy, which has no path: whatever stands before the last `@`, also a password with a slash in it. */
export function proxyWithoutUser(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/i, '$1');
}
