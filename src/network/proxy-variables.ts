import type { Mirror } from './registries.ts';

/** Of a namespace that nobody else listens in. */
export const PROXY_PORT = 3_128;

const ADDRESS = `http://127.0.0.1:${PROXY_PORT}`;
const EXEMPT = 'localhost,127.0.0.1,::1';
const JAVA = ['http', 'https'].flatMap((scheme) => [`-D${scheme}.proxyHost=127.0.0.1`, `-D${scheme}.proxyPort=${PROXY_PORT}`]).concat('-Dhttp.nonProxyHosts=localhost|127.*|[::1]');

/** How programs are told of the proxy, each in its own way. @param java what Java programs are told besides */
export function proxyVariables(java = ''): { readonly [name: string]: string } {
  return {
    ...Object.fromEntries(['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'].map((name) => [name, ADDRESS])),
    NO_PROXY: EXEMPT, no_proxy: EXEMPT,
    NODE_USE_ENV_PROXY: '1',
    JAVA_TOOL_OPTIONS: [java, ...JAVA].filter((word) => word !== '').join(' '),
  };
}

/** For Maven, which hears of a proxy by its settings alone; `mirrors` are addresses without a user. */
export function mavenSettings(mirrors: readonly Mirror[]): string {
  const proxy = ['http', 'https'].map((protocol) => `<proxy><id>${protocol}</id><active>true</active><protocol>${protocol}</protocol><host>127.0.0.1</host><port>${PROXY_PORT}</port><nonProxyHosts>localhost|127.*</nonProxyHosts></proxy>`);
  const written = mirrors.map(({ of, url, blocked }, index) => `<mirror><id>mirror-${index}</id><mirrorOf>${escaped(of)}</mirrorOf><url>${escaped(url)}</url>${blocked ? '<blocked>true</blocked>' : ''}</mirror>`);
  return `<settings><proxies>${proxy.join('')}</proxies><mirrors>${written.join('')}</mirrors></settings>\n`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
