/** The folder of hooks that is committed, and that `core.hooksPath` is set to. */
export const HOOKS_FOLDER = '.githooks';

/** What any hook runner has to call, in the top folder of the repository. */
export const HOOK_COMMAND = 'trunkline hook pre-commit';

const WHAT = `# Written by "trunkline hooks install". Runs the Build actions that work on sources on exactly what is staged, and aborts
# the commit with what they find. "git commit --no-verify" passes it over; the pipeline passes nothing over.`;

/** Plain sh: finds the Trunkline of the project, else that of the machine. */
const PRE_COMMIT = `#!/bin/sh
${WHAT}
if [ -x node_modules/.bin/trunkline ]; then exec node_modules/.bin/${HOOK_COMMAND}; fi
found=$(git config --get trunkline.path) && [ -x "$found" ] && exec "$found" hook pre-commit
if command -v trunkline >/dev/null 2>&1; then exec ${HOOK_COMMAND}; fi
if npx --no-install trunkline --version >/dev/null 2>&1; then exec npx --no-install ${HOOK_COMMAND}; fi
echo 'trunkline: the pre-commit hook finds no trunkline: not in node_modules, not in "git config trunkline.path", not on the PATH' >&2
echo '  install what the project needs ("npm ci"), or go without this once: git commit --no-verify' >&2
exit 1
`;

/** Git runs another hook when a merge without conflicts is about to be committed. */
const PRE_MERGE_COMMIT = `#!/bin/sh
# Written by "trunkline hooks install": what a merge commits is looked at like any other commit.
exec "$(dirname "$0")/pre-commit"
`;

/** By the name of the hook. */
export const hookScripts: { readonly [hook: string]: string } = { 'pre-commit': PRE_COMMIT, 'pre-merge-commit': PRE_MERGE_COMMIT };
