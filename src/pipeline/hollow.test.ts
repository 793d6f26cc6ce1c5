import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hollow, toothless } from './hollow.ts';

test('commands that do nothing are found', () => {
  for (const command of ['', ' ', 'true', ':', '/bin/true', 'exit', 'exit 0', 'echo', 'echo ok', 'printf done', 'true; true', 'echo a && echo b\n', '# later\ntrue', 'sh -c "true"', "bash -c 'echo ok; exit 0'", 'true # checked by hand', ';;', 'echo tests skipped; exit 0']) {
    assert.match(hollow(command) ?? '', /does nothing/, JSON.stringify(command));
  }
});

test('commands that cannot fail are found', () => {
  for (const command of ['npm test || true', 'npm test || :', 'npm test || exit 0', 'npm test; true', 'npm test\nexit 0', 'npm run lint || true;']) assert.match(hollow(command) ?? '', /can't fail/, command);
});

test('commands that do something are left alone', () => {
  for (const command of ['npm test', 'npm ci && npm run build', 'echo start; npm test', 'npm test && true', 'exit 1', 'test -f x', 'npm run true', 'truephp check', 'echo; false', 'grep -q x file || exit 1', 'sh -c "npm test"', 'npm test -- --grep "a;b"', 'grep -q "a; echo b" x', "node -e 'go(); true'", "grep 'x || true' y"]) assert.equal(hollow(command), undefined, command);
});

test('a flag that forgives what is found is told from one that only forgives that there is nothing to look at', () => {
  for (const command of ['ruff check . --exit-zero', 'trivy fs --exit-code 0 .', 'checkov -d . --soft-fail', 'hadolint --no-fail Dockerfile']) assert.match(toothless([command]) ?? '', /passes whatever it finds/, command);
  for (const command of ['eslint . --no-error-on-unmatched-pattern', 'prettier --check --no-error-on-unmatched-pattern .', 'biome lint --no-errors-on-unmatched .', 'trivy fs --exit-code 1 .']) assert.equal(toothless([command]), undefined, command);
});
