import { realpathSync } from 'node:fs';
import { basename, delimiter, dirname, isAbsolute } from 'node:path';

/** The variables that name files or folders with the certificates to trust. */
export const CERTIFICATES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];

/**
 * This Node first; then the machine's programs, not those that npm puts there for the host's own scripts. As they really
 * lie: a link to them may be in a folder that no command sees.
 */
export function searchPath(path = '/usr/local/bin:/usr/bin:/bin'): string {
  const machine = path.split(delimiter).filter((folder) => isAbsolute(folder) && basename(dirname(folder)) !== 'node_modules' && basename(folder) !== 'node-gyp-bin');
  return [...new Set([dirname(process.execPath), ...machine].map(resolved))].join(delimiter);
}

function resolved(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
