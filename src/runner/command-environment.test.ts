import assert from 'node:assert/strict';
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { searchPath } from '../sandbox/search-path.ts';
import { surroundings } from './command-environment.ts';
import { npmrc } from './npm-settings.ts';

test('programs are looked for beside this Node first, and never among the host\'s own scripts', () => {
  assert.equal(searchPath('/work/app/node_modules/.bin:relative::/usr/bin:/x/node-gyp-bin:/usr/bin:/bin'), [...new Set([dirname(process.execPath), '/usr/bin', realpathSync('/bin')])].join(':'));
});

test('of a proxy, neither name nor password passes, unless an operator says so', () => {
  for (const [given, expected] of [['http://kim:pa/ss@proxy:3128', 'http://proxy:3128'], ['kim:p@ss@proxy:3128', 'proxy:3128'], ['socks5h://k@[::1]:1080/', 'socks5h://[::1]:1080/'], ['http://proxy', 'http://proxy']] as const) {
    for (const name of ['http_proxy', 'HTTPS_PROXY', 'all_proxy']) {
      const about = { host: { [name]: given }, user: 'u', home: '/h', temporary: '/t' };
      assert.equal(surroundings(about)[name], expected);
      assert.equal(surroundings({ ...about, proxyCredentials: true })[name], given);
    }
  }
});

test('of the host\'s environment only the ways to the network pass', () => {
  const host = { HTTPS_PROXY: 'http://proxy', NODE_EXTRA_CA_CERTS: '/ca.pem', TZ: 'Europe/Paris', NODE_OPTIONS: '--inspect', AWS_SECRET_ACCESS_KEY: 'x', npm_config_token: 'x', LANG: 'de_DE' };
  const names = Object.keys(surroundings({ host, user: 'u', home: '/h', temporary: '/t' }));
  assert.deepEqual(names.toSorted(), ['CI', 'HOME', 'HTTPS_PROXY', 'JAVA_TOOL_OPTIONS', 'LANG', 'LC_ALL', 'LOGNAME', 'NODE_EXTRA_CA_CERTS', 'PATH', 'SHELL', 'TERM', 'TMPDIR', 'TZ', 'USER']);
});

test('npm reaches its registries without a token or a password', () => {
  const settings = { registry: 'https://user:word@registry.example/npm/', '@own:registry': 'https://own.example/', cafile: '/etc/ca.pem', '//registry.example/:_authToken': 'token', _auth: 'token', 'https-proxy': 'http://user:wo/rd@proxy:80', 'strict-ssl': true, userconfig: '/home/u/.npmrc', 'script-shell': '/evil' };
  assert.equal(npmrc(settings, { proxies: true }), 'registry=https://registry.example/npm/\n@own:registry=https://own.example/\ncafile=/etc/ca.pem\nhttps-proxy=http://proxy:80\nstrict-ssl=true\naudit=false\nfund=false\nupdate-notifier=false\n');
  assert.doesNotMatch(npmrc(settings, { proxies: false }), /proxy/);
});
