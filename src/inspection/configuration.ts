import type { Found } from '../reports/report.ts';
import { credentialIn, hasConnectionPassword } from './credentials.ts';
import { addressesIn, isNeutral, isOfOneEnvironment, numbersIn } from './hosts.ts';
import { linesOf, withoutComments } from './lines.ts';
import { sectionsIn, switchesIn } from './switches.ts';

const WHY = 'the same artifact goes through every environment: what differs between them is given by the environment';
const FIX = 'take it out, give it to the environments as a setting or a secret (infrastructure), and read that where it is used';

/** Nearly every framework asks for the name of its environment somewhere: told, and below the limit of Source. */
const SWITCH = 'low';

/** Names that say that a whole file belongs to one environment. */
const FILE_OF_ONE = /(^|\/)(\.env(\.(?!(?:[^/]+\.)?(?:example|sample|template|defaults?)$)[^/]+)?|(?:application[-.]|config[-.]|settings[-.]|appsettings\.)?(?:prod|production|staging|stage|beta|gamma|preprod|uat)\.(?:json|ya?ml|toml|xml|properties|ini|env|hcl))$/i;

export function isFileOfOneEnvironment(path: string): boolean {
  return FILE_OF_ONE.test(path);
}

export function fileOfOneEnvironment(file: string): Found {
  return { rule: 'environment-file', severity: 'high', file, line: 1, message: `${file} belongs to one environment`, why: WHY, fix: FIX };
}

/** Keys whose addresses are for people, or name a format. */
const FOR_PEOPLE = /^(\$?schema|\$?id|\$ref|xmlns.*|xsi:.*|license|licence|licenseUrl|homepage|contact|author|authors|maintainers|documentation|docs|externalDocs|help|repository|bugs|funding|termsOfService|info|description|summary|title|example|examples|default_example|readme|changelog|namespace|urn)$/i;
/** Keys whose value is an address, also where it has no scheme. */
const NAMES_HOST = /(^|[._-]|[a-z](?=[A-Z]))(host|hostname|hosts|server|servers|endpoint|endpoints|broker|brokers|bootstrap|origin|domain|url|uri|address|upstream)$/i;

/** What of a file of configuration belongs to one environment. */
export function configurationFindings(file: string, text: string): readonly Found[] {
  const bare = withoutComments(text, file);
  const lines = bare.split('\n');
  const found: Found[] = sectionsIn(bare, file).map(({ line, what }) => ({ rule: 'environment-switch', severity: SWITCH, file, line, message: `${what} is for one environment alone`, why: WHY, fix: FIX, identity: `${file} ${what}` }));
  for (const [line, content] of linesOf(bare)) {
    const [key, value] = entryOf(content);
    const credential = credentialIn(content, key, value);
    if (credential !== undefined) found.push({ rule: 'environment-credential', severity: 'high', file, line, message: `${credential} stands in configuration`, why: 'whoever can read the repository has it, in every version that was ever committed', fix: 'exchange it, and give the new one to the environment: "trunkline secret set NAME"', identity: `${credential} ${line}` });
    const host = credential === undefined ? hostIn(content, key, value) : undefined;
    if (host !== undefined && !isForPeople(key, lines, line)) found.push({ rule: 'environment-host', severity: 'medium', file, line, message: `"${host.slice(0, 100)}" is a host of one environment`, why: WHY, fix: FIX });
  }
  return found;
}

/** What of a program belongs to one environment. Texts that only speak of an address are not addresses. */
export function programFindings(file: string, text: string): readonly Found[] {
  const bare = withoutComments(text, file);
  const found: Found[] = switchesIn(bare).map(({ line, what }) => ({ rule: 'environment-switch', severity: SWITCH, file, line, message: what, why: 'what only production does is what no environment before it has tried', fix: 'name what differs, as a setting of its own, and let each environment give it' }));
  for (const [line, content] of linesOf(bare)) {
    if (hasConnectionPassword(content)) found.push({ rule: 'environment-credential', severity: 'high', file, line, message: 'a connection string with a password stands in the code', why: 'whoever can read the repository has it, in every version that was ever committed', fix: 'exchange it, and give the new one to the environment: "trunkline secret set NAME"', identity: `connection string ${line}` });
    else {
      const host = addressesIn(content).find(({ index, host: name }) => /["'`]$/.test(content.slice(0, index)) && isOfOneEnvironment(name))?.host;
      if (host !== undefined) found.push({ rule: 'environment-host', severity: 'medium', file, line, message: `"${host.slice(0, 100)}" is a host of one environment`, why: WHY, fix: FIX });
    }
  }
  return found;
}

function hostIn(line: string, key: string | undefined, value: string | undefined): string | undefined {
  if (/xmlns|schemaLocation|<!DOCTYPE|\$schema/i.test(line)) return undefined;
  const named = addressesIn(line).find(({ host }) => !isNeutral(host))?.host ?? numbersIn(line).find((host) => !isNeutral(host));
  if (named !== undefined || key === undefined || value === undefined) return named;
  const bare = /^([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::\d{1,5})?(?:\/\S*)?$/i.exec(value)?.[1];
  if (bare === undefined || isNeutral(bare) || !/[a-z]/i.test(bare.split('.').at(-1) ?? '') || /\.(json|ya?ml|js|ts|html|css|sql|xml|txt|md|pem|crt|key|log|sock|properties|toml|conf|cfg|ini|jar|war|py|go|java|tsx|jsx|mjs|cjs|svg|png)$/i.test(bare)) return undefined;
  return NAMES_HOST.test(key) || isOfOneEnvironment(bare) ? bare : undefined;
}

/** The first key of a line and its plain value: of JSON, YAML, TOML, INI, properties, and of objects in JavaScript. */
function entryOf(line: string): readonly [key?: string, value?: string] {
  const found = /^\s*(?:-\s+|\{\s*|export\s+|<add\s+key=)?["']?([\w$@.:-]{1,100}?)["']?\s*(?:[:=]|value=)\s*(.*)$/.exec(line);
  if (!found) return [];
  const rest = (found[2] ?? '').trim().replace(/[,;]$/, '').trim();
  const quoted = /^(["'`])((?:[^\\]|\\.)*?)\1/.exec(rest);
  return [found[1] ?? '', quoted ? quoted[2] ?? '' : /^[{[(]/.test(rest) ? undefined : rest] as readonly [string, string?];
}

/** By its key, or by the key that it lies in: an address under `contact:` is where people write to. */
function isForPeople(key: string | undefined, lines: readonly string[], line: number): boolean {
  if (key !== undefined && FOR_PEOPLE.test(key)) return true;
  const indent = indentOf(lines[line - 1] ?? '');
  for (let at = line - 2; at >= Math.max(0, line - 52); at -= 1) {
    const text = lines[at] ?? '';
    if (text.trim() === '' || indentOf(text) >= indent) continue;
    const [parent] = entryOf(text);
    return parent !== undefined && FOR_PEOPLE.test(parent);
  }
  return false;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
