import { alarms, application, approval, archive, canary, cucumber, dbmate, licences, npmSbom, osv, playwright, probes, secretlint, sh, staticAnalysis, waive, wave } from "trunkline";
import { beta, gamma, prod } from "./infrastructure/environments.ts";
import { timings } from "./infrastructure/timings.ts";

const database = dbmate("db/migrations");

const climb = canary({
  steps: [
    { weight: 0.1, bake: timings.firstShare },
    { weight: 0.5, bake: timings.half },
    { weight: 1, bake: timings.whole },
  ],
});

export default application("orders", {
  trunk: "main",

  local: {
    preCommitHooks: ".githooks/pre-commit",
    idePlugins: [".vscode/**", ".run/**"],
  },

  source: {
    application: ["src/**", "probes/**"],
    tests: ["src/**/*.test.ts", "features/**", "acceptance/**", "probes/**"],
    infrastructure: ["trunkline.config.ts", "infrastructure/**"],
    staticAssets: "public/**",
    dependencyManifests: ["package.json", "package-lock.json"],
    staticConfiguration: "config/**",
    database: "db/migrations/**",
  },

  build: {
    code: sh("npm run build", { prepare: "npm ci" }),
    unitTests: sh("npm test", {
      junit: "reports/unit.xml",
      coverage: "coverage/lcov.info",
      // What talks to the database is tested by the features, in Beta.
      atLeast: { lines: 0.9, changedLines: 0.6 },
      staged: "node --test {tests}",
    }),
    codeQuality: sh("npm run lint -- --format json --output-file reports/lint.json", {
      findings: { eslint: "reports/lint.json" },
      failOn: "medium",
      staged: { run: "eslint {files}", files: "**/*.{js,ts}" },
    }),
    secrets: secretlint({ history: true }),
    sast: staticAnalysis({ failOn: "high" }),
    sbom: npmSbom(),
    sca: osv({ advisories: "security/advisories", failOn: "high", licences: licences.permissive }),
    package: archive({
      files: ["dist/**", "public/**", "db/**", "probes/**", "config/**", "openapi.json", "package.json"],
      productionDependencies: "npm",
    }),
  },

  beta: {
    environment: beta,
    database,
    integrationTests: cucumber("npm run test:integration", { junit: "reports/integration.xml" }),
    acceptanceTests: playwright("npm run test:acceptance", { junit: "reports/acceptance.xml" }),
  },

  gamma: {
    environment: gamma,
    database,
    monitoring: alarms({ for: timings.gamma.for, minRequests: timings.gamma.minRequests }),
    syntheticTests: probes({ atLeast: timings.gamma.probeRuns }),
    performanceTests: waive("load against requirements and past runs comes with a later issue of Trunkline"),
    resilienceTests: waive("faults under load come with a later issue of Trunkline"),
    dast: waive("the scan of the running application comes with a later issue of Trunkline"),
  },

  prod: {
    environment: prod,
    approval: approval({ by: ["orders-operators"], atLeast: 1, expires: "24h" }),
    database,
    deploy: [
      wave("first light", ["eu-west"], climb),
      wave("the rest", ["us-east"], climb),
    ],
    syntheticTests: probes({ atLeast: timings.prodProbeRuns }),
  },
});
