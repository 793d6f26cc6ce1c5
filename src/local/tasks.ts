/** `src/db.ts:12 high sql-injection: what`, as every command prints what it found; the message is the rest of the line. */
function matcher(severity: 'error' | 'warning' | 'info', words: string) {
  return {
    owner: `trunkline-${severity}`, source: 'trunkline', severity, fileLocation: ['relative', '${workspaceFolder}'],
    pattern: { regexp: `^\\s*(\\S.*?):(\\d+) (?:${words}) (.+)$`, file: 1, line: 2, message: 3 },
  };
}

/** Severities by what VS Code knows of them. */
export const problemMatchers = [matcher('error', 'critical|high|failed'), matcher('warning', 'medium|uncovered'), matcher('info', 'low|info')];

function task(label: string, words: string) {
  const command = `npx --no-install ${words}`;
  return { label, type: 'shell' as const, command, group: 'build', problemMatcher: problemMatchers, presentation: { reveal: 'always', clear: true } };
}

export const tasks = [
  task('trunkline build', 'trunkline build'),
  task('trunkline staged', 'trunkline hook pre-commit'),
  task('trunkline check', 'trunkline check'),
];
