import type { Found } from '../../reports/report.ts';
import type { Hit } from './leak.ts';

const WHY = 'whoever can read the repository can use it, and git keeps it for ever';
const FIX = 'revoke it where it was issued; give the new one to the environment with "trunkline secret set NAME", and read it from there';

/** A hit in a file as it is now. */
export function foundNow(path: string, { rule, what, line, masked, name }: Hit): Found {
  return { rule, severity: 'critical', message: `${what}${masked === '' ? '' : ` ${masked}`}`, why: WHY, fix: FIX, file: path, line, identity: `secret ${name ?? ''}` };
}

/** Where a content lay in the past. */
export interface Past { readonly path: string; readonly commit: string; readonly hit: Hit }

/**
 * What history holds beyond what is still there: each secret once, at the oldest commit that has it. It has no line of a
 * file that is there now, so a remark can't suppress it; the rule names the commit, and the configuration may.
 * @param past newest first.
 */
export function foundInHistory(past: readonly Past[], now: readonly { readonly path: string; readonly hit: Hit }[]): readonly Found[] {
  const still = new Set(now.map(({ path, hit }) => keyOf(path, hit)));
  const secrets = Map.groupBy(past.filter(({ path, hit }) => !still.has(keyOf(path, hit))), ({ path, hit }) => keyOf(path, hit));
  return [...secrets.values()].flatMap((versions) => {
    const oldest = versions.at(-1);
    if (!oldest) return [];
    const { path, commit, hit } = oldest;
    const short = commit.slice(0, 12);
    const more = versions.length > 1 ? `, and in ${versions.length - 1} later version(s)` : '';
    return [{
      rule: `${hit.rule}:${short}`, severity: 'critical' as const, file: path, why: WHY, identity: `secret ${hit.name ?? ''}`,
      message: `${hit.what}${hit.masked === '' ? '' : ` ${hit.masked}`} in line ${hit.line} of ${path} at commit ${short}${more}`,
      fix: `revoke it where it was issued: taking it out of a file leaves it in history. Then write in secretlint(): ignore: [{ id: "${hit.rule}:${short}", until: "YYYY-MM-DD", reason: "revoked on …" }]`,
      steps: [{ file: path, line: hit.line, message: `at commit ${commit}` }],
    }];
  });
}

/** The same secret as far as can be told without it. */
function keyOf(path: string, { rule, masked, name }: Hit): string {
  return `${rule}\n${path}\n${masked}\n${name ?? ''}`;
}
