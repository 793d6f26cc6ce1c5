import type { Reference } from './format.ts';

type Use = Omit<Reference, 'severities'>;

/** Tools whose results are read by a standard that is not of their own: what the reference page says of them. */
export const testTools: readonly Use[] = [
  { tool: 'Jest', rows: ['build.unit-tests'], recorded: 'jest', use: 'sh("JEST_JUNIT_OUTPUT_FILE=reports/unit.xml npx jest --reporters=jest-junit --coverage --coverageReporters=lcov", { junit: "reports/unit.xml", coverage: "coverage/lcov.info" })' },
  { tool: 'Vitest', rows: ['build.unit-tests'], recorded: 'vitest', use: 'sh("npx vitest run --reporter=junit --outputFile=reports/unit.xml --coverage --coverage.reporter=lcov", { junit: "reports/unit.xml", coverage: "coverage/lcov.info" })' },
  { tool: 'node:test', rows: ['build.unit-tests'], recorded: 'node-test', use: 'sh("node --test --experimental-test-coverage --test-reporter=junit --test-reporter-destination=reports/unit.xml --test-reporter=lcov --test-reporter-destination=reports/lcov.info", { junit: "reports/unit.xml", coverage: "reports/lcov.info" })' },
  { tool: 'pytest, with coverage.py', rows: ['build.unit-tests'], recorded: 'pytest', use: 'sh("coverage run --branch -m pytest --junitxml=reports/unit.xml && coverage xml -o reports/coverage.xml", { junit: "reports/unit.xml", coverage: "reports/coverage.xml", atLeast: { lines: 0.8 } })' },
  { tool: 'JUnit by Maven Surefire', rows: ['build.unit-tests'], use: 'sh("mvn -B test", { junit: "target/surefire-reports/TEST-*.xml" })' },
];

/** Tools whose findings are read by the reader of a standard. */
export const standardTools: readonly (Use & { readonly format: 'sarif' | 'checkstyle' })[] = [
  { tool: 'CodeQL', format: 'sarif', rows: ['build.sast'], use: 'sh("codeql database analyze db --format=sarif-latest --output=reports/codeql.sarif", { findings: { sarif: "reports/codeql.sarif" }, failOn: "high" })' },
  { tool: 'Snyk Code', format: 'sarif', rows: ['build.sast'], use: 'sh("npx snyk code test --sarif-file-output=reports/code.sarif", { findings: { sarif: "reports/code.sarif" }, failOn: "high" })' },
  { tool: 'ShellCheck', format: 'checkstyle', rows: ['build.code-quality'], recorded: 'shellcheck', use: 'sh("shellcheck -f checkstyle scripts/*.sh > reports/shell.xml", { findings: { checkstyle: "reports/shell.xml" } })' },
];

/** Tools that list dependencies, as CycloneDX or SPDX. */
export const billTools: readonly Use[] = [
  { tool: 'cdxgen', rows: ['build.sbom'], recorded: 'cdxgen', use: 'sh("npx @cyclonedx/cdxgen -o reports/bom.json", { sbom: "reports/bom.json" })' },
  { tool: 'Syft', rows: ['build.sbom'], use: 'sh("syft scan dir:. -o cyclonedx-json=reports/bom.json", { sbom: "reports/bom.json" })' },
];
