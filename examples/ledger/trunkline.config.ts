import { alarms, application, approval, archive, canary, cucumber, licences, osv, probes, secretlint, sh, waive, wave } from "trunkline";
import { beta, gamma, prod } from "./infrastructure/environments.ts";

export default application("ledger", {
  trunk: "main",

  local: {
    preCommitHooks: ".githooks/pre-commit",
    idePlugins: [".vscode/**", ".run/**"],
  },

  source: {
    application: "ledger/**/*.py",
    tests: ["tests/**", "integration/**", "probes/**"],
    infrastructure: ["trunkline.config.ts", "infrastructure/**"],
    staticAssets: waive("the ledger is an HTTP API and has no page"),
    dependencyManifests: "requirements.txt",
    staticConfiguration: "config/**",
    database: waive("the book lives in memory; its schema is in ledger/book.py"),
  },

  build: {
    code: sh("python3 -m compileall -q -f ledger tests integration checks"),
    unitTests: sh("python3 -m checks.junit tests reports/unit.xml reports/lcov.info", {
      junit: "reports/unit.xml",
      coverage: "reports/lcov.info",
      atLeast: { lines: 0.85 },
    }),
    codeQuality: sh("python3 -m checks.quality reports/quality.xml", { findings: { checkstyle: "reports/quality.xml" }, failOn: "medium" }),
    secrets: secretlint({ history: true }),
    sast: sh("python3 -m checks.security reports/security.sarif", { findings: { sarif: "reports/security.sarif" }, failOn: "high" }),
    sbom: sh("python3 -m checks.sbom reports/bom.json", { sbom: "reports/bom.json" }),
    sca: osv({ advisories: "security/advisories", failOn: "medium", licences: licences.permissive }),
    package: archive({ files: ["ledger/**/*.py", "config/**", "probes/**"], productionDependencies: "none" }),
  },

  beta: {
    environment: beta,
    integrationTests: cucumber("python3 -m checks.junit integration reports/integration.xml", { junit: "reports/integration.xml", prepare: false }),
    acceptanceTests: waive("the ledger has no user interface"),
  },

  gamma: {
    environment: gamma,
    monitoring: alarms({ for: "5s", minRequests: 20 }),
    syntheticTests: probes({ atLeast: 5 }),
    performanceTests: waive("load against requirements and past runs comes with a later issue of Trunkline"),
    resilienceTests: waive("faults under load come with a later issue of Trunkline"),
    dast: waive("the scan of the running application comes with a later issue of Trunkline"),
  },

  prod: {
    environment: prod,
    approval: approval({ by: ["ledger-operators"], atLeast: 1, expires: "24h" }),
    deploy: [
      wave("everywhere", ["home"], canary({ steps: [
        { weight: 0.1, bake: { minTime: "5s", minRequests: 10, maxTime: "60s" } },
        { weight: 1, bake: { minTime: "5s", minRequests: 10, maxTime: "60s" } },
      ] })),
    ],
    syntheticTests: probes({ atLeast: 5 }),
  },
});
