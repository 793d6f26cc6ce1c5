import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Peer {
  /** Lines at which eslint-plugin-security, with its recommended rules, says anything at all. */
  findings(root: string, file: string): readonly { readonly line: number; readonly rule: string }[];
}

const VERSIONS = ['eslint@9.39.1', 'eslint-plugin-security@3.0.1'];

/** Installs it in a folder that the caller removes; no script of any package is run. */
export function installPeer(folder: string): Peer {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}');
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', ...VERSIONS], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  writeFileSync(join(folder, 'eslint.config.js'), `import security from 'eslint-plugin-security';\nexport default [{ ...security.configs.recommended, files: ['**/*'], languageOptions: { sourceType: 'commonjs' }, linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'off' } }];\n`);
  return {
    findings: (root, file) => {
      const { stdout } = spawnSync(process.execPath, [join(folder, 'node_modules', 'eslint', 'bin', 'eslint.js'), '--config', join(folder, 'eslint.config.js'), '--no-ignore', '--format', 'json', join(root, file)], { cwd: join(root, '..'), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
      const [result] = JSON.parse(stdout === '' ? '[]' : stdout) as { messages: { line: number; ruleId: string | null }[] }[];
      return (result?.messages ?? []).flatMap(({ line, ruleId }) => (ruleId?.startsWith('security/') ? [{ line, rule: ruleId }] : []));
    },
  };
}
