/** What is run to see how each tool really writes: small code with a known fault, the tool, and what it leaves. */

export interface Recording {
  /** The folder below test/recorded. */
  readonly name: string;
  readonly npm?: readonly string[];
  /** Debian packages; unpacked, not installed. */
  readonly debian?: readonly string[];
  readonly files: { readonly [path: string]: string };
  /** Run with `sh -c` in the folder of the files; a tool that finds something may exit as it likes. */
  readonly command: string;
  readonly keeps: readonly string[];
  /** Whose version it is, where that is not the name. */
  readonly by?: string;
  /** Prints the version. */
  readonly version: string;
}

const UNTIDY = 'var total = 0;\nfunction add(a, b) {\n  if (a == b) {\n    debugger;\n  }\n  return a + c;\n}\n';
const SUM = 'export function sign(n) {\n  if (n < 0) {\n    return -1;\n  }\n  return n > 0 ? 1 : 0;\n}\n';
const SUM_COMMON = `${SUM.replace('export ', '')}module.exports = { sign };\n`;
const PYTHON = 'def sign(n):\n    if n < 0:\n        return -1\n    return 1 if n > 0 else 0\n';
const PYTHON_TEST = 'import pytest\nfrom sign import sign\n\n\ndef test_plus():\n    assert sign(3) == 1\n\n\ndef test_minus():\n    assert sign(3) == -1\n\n\n@pytest.mark.skip(reason="later")\ndef test_zero():\n    assert sign(0) == 0\n';
const ESLINT_CONFIG = 'export default [{ files: ["**/*.js"], rules: { eqeqeq: "error", "no-debugger": "warn", "no-undef": "error", "no-var": "warn" } }];\n';
const JEST_TEST = 'describe("sign", () => {\n  test("of more than nothing", () => expect(sign(3)).toBe(1));\n  test("of less <&> nothing", () => expect(sign(3)).toBe(-1));\n  test.skip("of nothing", () => expect(sign(0)).toBe(0));\n});\n';
const PYTHON_PACKAGES = ['python3-pytest', 'python3-pluggy', 'python3-iniconfig', 'python3-packaging', 'python3-attr', 'python3-coverage'];
const ORDERS = '{ "name": "orders", "version": "1.0.0", "dependencies": { "left-pad": "1.3.0" } }';

export const recordings: readonly Recording[] = [
  {
    name: 'eslint', npm: ['eslint'], files: { 'src/add.js': UNTIDY, 'src/broken.js': 'let x = ;\n', 'eslint.config.js': ESLINT_CONFIG, 'package.json': '{"type":"module"}' },
    command: 'eslint src -f json -o reports/eslint.json', keeps: ['reports/eslint.json'], version: 'eslint --version',
  },
  {
    name: 'sarif', by: 'ESLint', npm: ['eslint', '@microsoft/eslint-formatter-sarif'], files: { 'src/add.js': UNTIDY, 'eslint.config.js': ESLINT_CONFIG, 'package.json': '{"type":"module"}' },
    command: 'eslint src -f @microsoft/eslint-formatter-sarif -o reports/eslint.sarif', keeps: ['reports/eslint.sarif'], version: 'eslint --version',
  },
  { name: 'biome', npm: ['@biomejs/biome'], files: { 'src/add.js': UNTIDY }, command: 'biome lint --reporter=json src > reports/biome.json', keeps: ['reports/biome.json'], version: 'biome --version' },
  { name: 'oxlint', npm: ['oxlint'], files: { 'src/add.js': UNTIDY }, command: 'oxlint -D eqeqeq -f json src > reports/oxlint.json; oxlint -D eqeqeq -f checkstyle src > reports/oxlint.xml', keeps: ['reports/oxlint.json', 'reports/oxlint.xml'], version: 'oxlint --version' },
  {
    name: 'tsc', npm: ['typescript'], files: { 'src/add.ts': 'export function add(a: number): string {\n  return a + b;\n}\nadd("1");\nconst f: (a: number) => string = (a: string) => a;\nf(1);\n', 'tsconfig.json': '{"compilerOptions":{"strict":true,"noEmit":true,"types":[]},"include":["src"]}' },
    command: 'tsc --pretty false > reports/tsc.txt', keeps: ['reports/tsc.txt'], version: 'tsc --version',
  },
  {
    name: 'black', debian: ['black', 'python3-click', 'python3-pathspec', 'python3-platformdirs', 'python3-mypy-extensions'],
    files: { 'src/untidy.py': 'x = { "a":1 }\n', 'src/tidy.py': 'x = 1\n', 'src/broken.py': 'def (:\n' }, command: 'python3 -m black --check src 2> reports/black.txt', keeps: ['reports/black.txt'], version: 'python3 -m black --version',
  },
  {
    name: 'checkstyle', debian: ['checkstyle', 'antlr', 'libantlr-java', 'libantlr4-runtime-java', 'libcommons-beanutils-java', 'libcommons-collections3-java', 'libcommons-lang3-java', 'libcommons-logging-java', 'libguava-java', 'libpicocli-java', 'libreflections-java', 'libsaxonhe-java', 'libjavassist-java'],
    files: { 'src/Order.java': 'class order {\n  public static int Total;\n  void pay() { if (Total == 0) ; }\n}\n', 'checks.xml': '<?xml version="1.0"?>\n<!DOCTYPE module PUBLIC "-//Checkstyle//DTD Checkstyle Configuration 1.3//EN" "https://checkstyle.org/dtds/configuration_1_3.dtd">\n<module name="Checker"><module name="TreeWalker"><module name="TypeName"/><module name="EmptyStatement"><property name="severity" value="warning"/></module></module></module>\n' },
    command: 'java -cp "$CLASSPATH" com.puppycrawl.tools.checkstyle.Main -c checks.xml -f xml -o reports/checkstyle.xml src', keeps: ['reports/checkstyle.xml'], version: 'java -cp "$CLASSPATH" com.puppycrawl.tools.checkstyle.Main --version',
  },
  { name: 'shellcheck', debian: ['shellcheck'], files: { 'deploy.sh': '#!/bin/sh\nrm -rf $1/*\nread line\n' }, command: 'shellcheck -f checkstyle deploy.sh > reports/shellcheck.xml', keeps: ['reports/shellcheck.xml'], version: 'shellcheck --version' },
  {
    name: 'jest', npm: ['jest', 'jest-junit'], files: { 'src/sign.js': SUM_COMMON, 'src/sign.test.js': `const { sign } = require('./sign');\n${JEST_TEST}`, 'package.json': '{"name":"sample"}' },
    command: 'JEST_JUNIT_OUTPUT_FILE=reports/jest.xml jest --reporters=jest-junit --coverage --coverageReporters=lcov --coverageReporters=cobertura --coverageDirectory=reports', keeps: ['reports/jest.xml', 'reports/lcov.info', 'reports/cobertura-coverage.xml'], version: 'jest --version',
  },
  {
    name: 'vitest', npm: ['vitest', '@vitest/coverage-v8'], files: { 'src/sign.js': SUM, 'src/sign.test.js': `import { describe, expect, test } from 'vitest';\nimport { sign } from './sign.js';\n${JEST_TEST}`, 'package.json': '{"type":"module"}' },
    command: 'vitest run --reporter=junit --outputFile=reports/vitest.xml --coverage --coverage.reporter=lcov --coverage.reporter=cobertura --coverage.reportsDirectory=coverage --coverage.reportOnFailure; cp coverage/lcov.info coverage/cobertura-coverage.xml reports/', keeps: ['reports/vitest.xml', 'reports/lcov.info', 'reports/cobertura-coverage.xml'], version: 'vitest --version',
  },
  {
    name: 'node-test', files: { 'src/sign.js': SUM, 'src/sign.test.js': `import assert from 'node:assert/strict';\nimport { test } from 'node:test';\nimport { sign } from './sign.js';\ntest('of more than nothing', () => assert.equal(sign(3), 1));\ntest('of less <&> nothing', () => assert.equal(sign(3), -1));\ntest.skip('of nothing', () => {});\n`, 'package.json': '{"type":"module"}' },
    command: 'node --test --experimental-test-coverage --test-reporter=junit --test-reporter-destination=reports/node.xml --test-reporter=lcov --test-reporter-destination=reports/lcov.info', keeps: ['reports/node.xml', 'reports/lcov.info'], version: 'node --version',
  },
  {
    name: 'pytest', debian: PYTHON_PACKAGES, files: { 'src/sign.py': PYTHON, 'src/test_sign.py': PYTHON_TEST },
    command: 'python3 -m coverage run --branch --source=src -m pytest -p no:cacheprovider src --junitxml=reports/pytest.xml; python3 -m coverage xml -o reports/coverage.xml; python3 -m coverage lcov -o reports/lcov.info', keeps: ['reports/pytest.xml', 'reports/coverage.xml', 'reports/lcov.info'], version: 'python3 -m pytest --version',
  },
  {
    name: 'cdxgen', npm: ['@cyclonedx/cdxgen'], files: { 'package.json': ORDERS },
    command: 'npm install --package-lock-only --ignore-scripts --no-audit --no-fund && CDXGEN_DEBUG_MODE= cdxgen -t js --no-install-deps --no-recurse -o reports/cdxgen.json', keeps: ['reports/cdxgen.json'], version: 'cdxgen --version',
  },
];
