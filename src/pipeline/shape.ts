/**
 * What single values of a pipeline may look like. No schema library here: these rules are shared by the schema, which
 * guards the boundary, and by the functions a user calls, which must start fast and name the line at fault.
 */

/** Of applications, regions, actions. */
export const NAME = /^[a-z][a-z0-9-]{0,62}$/;
export const NAME_RULE = 'write lower-case letters, digits and dashes, a letter first';

/** Of metrics and their labels, as a metrics page has them. */
export const METRIC = /^[A-Za-z_:][A-Za-z0-9_:]{0,199}$/;
export const LABEL = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;
export const METRIC_RULE = 'write its name as the metrics page has it';

/** The longest time that a plan may name, in ms: a timer of the platform that is set for longer fires at once. */
export const LONGEST = 2 ** 31 - 1;
export const LONGEST_RULE = 'write at most 24d';

/** The most that a plan may ask for of anything that is counted: requests, runs of a probe. */
export const MOST = 1_000_000;

/** Of settings and secrets: what an environment variable may be called. */
export const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
export const VARIABLE_RULE = 'write letters, digits and underscores, no digit first';

/** Trunkline sets these itself for each instance. */
export function isReserved(variable: string): boolean {
  return variable === 'PORT' || variable === 'DATABASE_URL' || variable.startsWith('TRUNKLINE_');
}

/** A path that can't leave the folder it is read from. */
export function isInside(path: string): boolean {
  return path.length > 0 && path.length <= 4_096 && !/^[/\\]|^[A-Za-z]:|\0/.test(path) && !path.split(/[\\/]/).includes('..');
}

/** Folders that belong to the system, or that a process is given anew: nothing in them stays. */
const SYSTEM = ['/bin', '/boot', '/dev', '/etc', '/lib', '/lib32', '/lib64', '/libx32', '/nix', '/proc', '/root', '/run', '/sbin', '/sys', '/tmp', '/usr', '/var/run', '/var/tmp', '/home'];

/** Why a path can't be that of a folder which instances keep. */
export function dataFault(path: string): string | undefined {
  const isClean = path.length <= 200 && /^(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/.test(path);
  if (!isClean) return 'write an absolute path such as "/data": letters, digits, dots, dashes and underscores, no "." or "..", no "/" at its end';
  const system = SYSTEM.find((folder) => path === folder || path.startsWith(`${folder}/`));
  return system === undefined ? undefined : `${system} belongs to the system, or is made anew for each instance; write another, such as "/data"`;
}

/** A branch name that git accepts and that no command can take for an option. */
export function isBranch(text: string): boolean {
  return text.length <= 250 && /^[\p{L}\p{N}_][\p{L}\p{N}._/+#@-]*$/u.test(text)
    && !/\.\.|\/\/|@\{|\/\.|\.lock(\/|$)|[./]$/.test(text);
}

/** A value that is written `/…/` is a regular expression. @returns its source. */
export function patternOf(value: string): string | undefined {
  return value.length > 2 && value.startsWith('/') && value.endsWith('/') ? value.slice(1, -1) : undefined;
}

/** Label patterns are matched in the control plane, so a commit may not bring one that takes for ever to match. */
export function labelFault(value: string): string | undefined {
  if (value.length > 200) return 'a label is longer than 200 characters';
  const pattern = patternOf(value);
  if (pattern === undefined) return undefined;
  try {
    new RegExp(pattern);
  } catch {
    return `${value} is not a regular expression`;
  }
  const plain = pattern.replace(/\\[dDwWsSbB.*+?^${}()|[\]\\/-]/g, 'x').replace(/\[[^\]]*\]/g, 'x');
  if (/\\|\(\?(?!:)/.test(plain)) return `${value} uses a back reference, a look-around or an unknown escape`;
  if (/\)[*+?{]/.test(plain) || (plain.match(/[*+{]|(?<!\()\?/g)?.length ?? 0) > 1) return `${value} repeats a group, or more than one thing: it could take for ever to match`;
  if ((plain.match(/\|/g)?.length ?? 0) > 8) return `${value} has more than nine alternatives`;
  return undefined;
}

/** Globs over the repository's files, simple enough to be matched against every file of a large repository. */
export function globFault(glob: string): string | undefined {
  if (!isInside(glob) || glob.length > 200) return 'write a glob inside the repository, of at most 200 characters';
  if (/[()]/.test(glob) || (glob.match(/\*/g)?.length ?? 0) > 6 || (glob.match(/\{/g)?.length ?? 0) > 3) return 'write a simpler glob: at most six "*", three "{", and no "("';
  const alternatives = [...glob.matchAll(/\{([^{}]*)\}/g)].reduce((product, [, choices = '']) => product * choices.split(',').length, 1);
  return alternatives > 256 ? `it stands for ${alternatives} globs; write a simpler one` : undefined;
}
