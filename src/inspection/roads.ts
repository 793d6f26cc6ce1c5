import type { Found } from '../reports/report.ts';
import { isWorkflow } from './infrastructure.ts';
import { linesOf, withoutComments } from './lines.ts';
import type { Sources } from './sources.ts';

const DEPLOYS = /\b((?:cdk|sam|copilot|firebase|vercel|netlify|flyctl|fly|wrangler|serverless|sls)\s+(?:svc\s+)?(?:deploy|publish)|cdk\s+deploy|terraform\s+apply|cloudformation\s+(?:deploy|create-stack|update-stack)|kubectl\s+(?:apply|set\s+image|rollout)|helm\s+(?:upgrade|install)|pulumi\s+up|ecs\s+update-service|lambda\s+update-function-code|deploy\s+create-deployment|gcloud\s+\S+\s+deploy|az\s+webapp\s+deploy\S*|npm\s+run\s+deploy\S*)\b/;

/** Workflows of a CI that deploy from another branch than the trunk: a second road past every gate. */
export function roadsBeside(trunk: string, sources: Sources): readonly Found[] {
  return sources.paths.filter(isWorkflow).flatMap((file): readonly Found[] => {
    const text = withoutComments(sources.text(file) ?? '', file);
    if (isHeldTo(trunk, text)) return [];
    return [...linesOf(text)].flatMap(([line, content]): Found[] => {
      const deploys = DEPLOYS.exec(content)?.[1];
      return deploys === undefined ? [] : [{
        rule: 'second-road', severity: 'high', file, line, message: `${file}:${line} deploys ("${deploys.slice(0, 60)}") beside this pipeline, and not from ${trunk} alone`,
        why: 'what goes that way was built, tested and approved by nobody', fix: `take it out, or hold it to ${trunk}`,
      }];
    });
  });
}

/** By the branches that its trigger names, or by a condition. */
function isHeldTo(trunk: string, text: string): boolean {
  if (/^[ \t]*-?[ \t]*if[ \t]*:.*(refs\/heads\/|ref_name|CI_COMMIT_BRANCH|CI_DEFAULT_BRANCH|Build\.SourceBranch)/m.test(text)) return true;
  const branches = /^[ \t]*(?:branches|only)[ \t]*:[ \t]*(?:\[([^\]]*)\]|((?:\n[ \t]*-[ \t]*\S+)+)|(\S+))/m.exec(text);
  if (!branches || /^[ \t]*-?[ \t]*pull_request(_target)?[ \t]*:/m.test(text)) return false;
  const names = [...(branches[1] ?? branches[2] ?? branches[3] ?? '').matchAll(/[^\s,'"[\]]+/g)].map(([name]) => name).filter((name) => name !== '-');
  return names.length > 0 && names.every((name) => name === trunk);
}
