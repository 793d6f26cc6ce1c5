/** Of a namespace that nobody else listens in. */
export const PROXY_PORT = 3_128;

const ADDRESS = `http://127.0.0.1:${PROXY_PORT}`;
const EXEMPT = 'localhost,127.0.0.1,::1';
const JAVA = ['http', 'https'].flatMap((scheme) => [`-D${scheme}.proxyHost=127.0.0.1`, `-D${scheme}.proxyPort=${PROXY_PORT}`]).concat('-Dhttp.nonProxyHosts=localhost|127.*|[::1]');

/** How programs are told of the proxy, each in its own way. */
export const PROXY_VARIABLES: { readonly [name: string]: string } = {
  ...Object.fromEntries(['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'].map((name) => [name, ADDRESS])),
  NO_PROXY: EXEMPT, no_proxy: EXEMPT,
  NODE_USE_ENV_PROXY: '1',
  JAVA_TOOL_OPTIONS: JAVA.join(' '),
};

/** For Maven, which hears of a proxy by its settings alone; `mirrors` are addresses without a user. */
export function mavenSettings(mirrors: readonly string[]): string {
  const proxy = ['http', 'https'].map((protocol) => `<proxy><id>${protocol}</id><active>true</active><protocol>${protocol}</protocol><host>127.0.0.1</host><port>${PROXY_PORT}</port><nonProxyHosts>localhost|127.*</nonProxyHosts></proxy>`);
  const written = mirrors.map((url, index) => `<mirror><id>mirror-${index}</id><mirrorOf>*</mirrorOf><url>${url.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)}</url></mirror>`);
  return `<settings><proxies>${proxy.join('')}</proxies><mirrors>${written.join('')}</mirrors></settings>\n`;
}
