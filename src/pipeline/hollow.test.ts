import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hollow } from './hollow.ts';

test('commands that do nothing are found', () => {
  for (const command of ['', ' ', 'true', ':', '/bin/true', 'exit', 'exit 0', 'echo', 'echo ok', 'printf done', 'true; true', 'echo a && echo b\n', '# later\ntrue', 'sh -c "true"', "bash -c 'echo ok; exit 0'", 'true # checked by hand', ';;', 'echo tests skipped; exit 0']) {
    assert.match(hollow(command) ?? '', /does nothing/, JSON.stringify(command));
  }
});

test('commands that cannot fail are found', () => {
  for (const command of ['npm test || true', 'npm test || :', 'npm test || exit 0', 'npm test; true', 'npm test\nexit 0', 'npm run lint || true;']) assert.match(hollow(command) ?? '', /can't fail/, command);
});

test('commands that do something are left alone', () => {
  for (const command of ['npm test', 'npm ci && npm run build', 'echo start; npm test', 'npm test && true', 'exit 1', 'test -f x', 'npm run true', 'truephp check', 'echo; false', 'grep -q x file || exit 1', 'sh -c "npm test"', 'npm test -- --grep "a;b"']) assert.equal(hollow(command), undefined, command);
});
