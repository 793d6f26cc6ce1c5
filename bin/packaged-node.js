import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * The path of a Node that is new enough: the one that npm brought for this machine, else the one that runs this.
 * @param {string} from where to look from: an `import.meta.url`
 * @returns {string | undefined} undefined where there is none
 */
export function packagedNode(from) {
  const require = createRequire(from);
  for (const name of [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`]) {
    try {
      return join(dirname(require.resolve(`${name}/package.json`)), 'bin', 'node');
    } catch {
      // not for this machine, or left out at the installation
    }
  }
  return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : undefined;
}
