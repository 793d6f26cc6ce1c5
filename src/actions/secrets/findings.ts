import type { Found } from '../../reports/report.ts';
import type { Hit } from './leak.ts';

const WHY = 'whoever can read the repository can use it, and git keeps it for ever';
const FIX = 'revoke it where it was issued; give the new one to the environment with "trunkline secret set NAME", and read it from there';

/** What names one secret in one place: of a file as it is now, or with a commit of what only history holds. */
export function idOf({ rule, digest }: Hit, path: string, commit?: string): string {
  return `${rule}#${digest}:${path}${commit === undefined ? '' : `@${shortened(commit)}`}`;
}

/** The ids that earlier releases printed, which named all that a rule found in a commit, or whatever lies at a path. */
export function isOldId(id: string): boolean {
  return /^[a-z][\w-]*:/.test(id) && !/^[\w-]+#/.test(id);
}

/** The id that an earlier release gave it. */
export function oldIdOf({ rule }: Hit, path: string, commit?: string): string {
  return commit === undefined ? `${rule}:${path}` : `${rule}:${shortened(commit)}`;
}

/** A hit in a file as it is now. */
export function foundNow(path: string, hit: Hit): Found {
  const { rule, digest, line } = hit;
  return { rule, severity: 'critical', message: said(hit), why: WHY, fix: FIX, file: path, line, mark: digest, id: idOf(hit, path), identity: identityOf(hit) };
}

/** Where a content lay in the past. */
export interface Past { readonly path: string; readonly commit: string; readonly hit: Hit }

/**
 * What history holds beyond what is still there: each secret once, at the oldest commit that has it. It has no line of a
 * file that is there now, so a remark can't suppress it; its id names secret, path and commit, and the configuration may.
 * @param past newest first.
 */
export function inHistory(past: readonly Past[], now: readonly { readonly path: string; readonly hit: Hit }[]): readonly (Past & { readonly later: number })[] {
  const still = new Set(now.map(({ path, hit }) => keyOf(path, hit)));
  const secrets = Map.groupBy(past.filter(({ path, hit }) => !still.has(keyOf(path, hit))), ({ path, hit }) => keyOf(path, hit));
  return [...secrets.values()].flatMap((versions) => {
    const oldest = versions.at(-1);
    return oldest ? [{ ...oldest, later: versions.length - 1 }] : [];
  });
}

export function foundInHistory({ path, commit, hit, later }: Past & { readonly later: number }): Found {
  const id = idOf(hit, path, commit);
  const more = later > 0 ? `, and in ${later} later version(s)` : '';
  return {
    rule: hit.rule, severity: 'critical', file: path, why: WHY, id, identity: `${identityOf(hit)} ${shortened(commit)}`,
    message: `${said(hit)} in line ${hit.line} of ${path} at commit ${shortened(commit)}${more}`,
    fix: `revoke it where it was issued: taking it out of a file leaves it in history. Then write in secretlint(): ignore: [{ id: ${JSON.stringify(id)}, until: "YYYY-MM-DD", reason: "revoked on …" }]`,
    steps: [{ file: path, line: hit.line, message: `at commit ${commit}` }],
  };
}

function said({ what, masked, digest }: Hit): string {
  return `${what}${masked === '' ? '' : ` ${masked}`}, #${digest}`;
}

/** Another secret under the same name is another finding: what forgave one says nothing of the next. */
function identityOf({ name, digest }: Hit): string {
  return `secret ${name ?? ''}#${digest}`;
}

function shortened(commit: string): string {
  return commit.slice(0, 12);
}

function keyOf(path: string, { rule, digest, name }: Hit): string {
  return `${rule}\n${path}\n${digest}\n${name ?? ''}`;
}
