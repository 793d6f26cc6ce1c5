import type { Found } from '../reports/report.ts';
import { lineAt, linesOf } from './lines.ts';
import type { Sources } from './sources.ts';

const WORKFLOW = /^(\.github\/workflows\/[^/]+\.ya?ml|\.gitlab-ci\.yml|\.gitlab\/[^/]+\.yml|azure-pipelines\.ya?ml|\.circleci\/config\.yml)$/;
const OF_INFRASTRUCTURE = /infra|terraform|cdk|cloudformation|pulumi|deploy|platform|ops\b|iac|helm|k8s|kubernetes|environments?/i;
const OF_TESTS = /tests?\b|e2e|acceptance|features|qa\b|spec/i;

export function isWorkflow(path: string): boolean {
  return WORKFLOW.test(path);
}

/** Whether a file only says that another repository does it. */
export function isReference(path: string, text: string | undefined): boolean {
  if (text === undefined) return false;
  if (path.endsWith('.tf')) return /^[ \t]*module\s/m.test(text) && /source\s*=\s*"(git::|git@|github\.com\/|bitbucket\.org\/|https?:)/.test(text) && !/^[ \t]*(resource|data|locals)\s/m.test(text);
  return isWorkflow(path) && othersIn(text).length > 0 && !/^[ \t]*-?[ \t]*(run|script)[ \t]*:/m.test(text);
}

/** What stands in this repository for something that lies in another: submodules, and what CI takes from elsewhere. */
export function elsewhere(row: 'source.tests' | 'source.infrastructure', sources: Sources): readonly Found[] {
  const meant = row === 'source.tests' ? OF_TESTS : OF_INFRASTRUCTURE;
  const what = row === 'source.tests' ? 'the tests' : 'the infrastructure code';
  const finding = (file: string, line: number, message: string): Found => ({
    rule: 'other-repository', severity: 'high', file, line, message, why: 'a commit then does not say what was tested, or where it ran: each repository moves by itself', fix: `move ${what} into this repository`,
  });
  const modules = sources.text('.gitmodules') ?? '';
  const submodules = sources.submodules.filter((path) => meant.test(path)).map((path) => {
    const at = modules.search(new RegExp(`^[ \\t]*path[ \\t]*=[ \\t]*${path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}[ \\t]*$`, 'm'));
    return finding('.gitmodules', at === -1 ? 1 : lineAt(modules, modules.indexOf('path', at)), `${path} is another repository, a submodule`);
  });
  if (row === 'source.tests') return submodules;
  const taken = sources.paths.filter(isWorkflow).flatMap((path) => othersIn(sources.text(path) ?? '').filter(({ name }) => meant.test(name)).map(({ name, line }) => finding(path, line, `${name} is another repository, taken in by CI`)));
  return [...submodules, ...taken];
}

/** `uses: owner/name/…@ref` of GitHub, `project: owner/name` of GitLab; actions of marketplaces among them. */
function othersIn(text: string): readonly { readonly name: string; readonly line: number }[] {
  return [...linesOf(text)].flatMap(([line, content]) => {
    const name = /^\s*-?\s*(?:uses|project|repository)\s*:\s*["']?([\w.-]+\/[\w.-]+(?:\/[^\s@"']+)?)/.exec(content)?.[1];
    return name === undefined || name.startsWith('./') || /^(actions|docker|aws-actions|azure|google-github-actions|hashicorp|pulumi)\//i.test(name) ? [] : [{ name, line }];
  });
}
