/** One demand of the specification, by the name that code, tests, reports and docs share. */
export interface Row {
  readonly id: string;
  readonly section: 'pipeline' | 'metric' | 'local' | 'source' | 'build' | 'beta' | 'gamma' | 'prod';
  readonly level: 'required' | 'recommended';
  readonly demand: string;
}

/** The rows of the reference architecture for application pipelines, in its order. */
export const rows = [
  required('pipeline.trunk-only', 'runs for commits to the trunk, and for nothing else'),
  required('pipeline.every-commit', 'every trunk commit has a chance to reach production, if all steps pass'),
  required('pipeline.as-code', 'every action is defined and run in code'),
  required('pipeline.two-hours', 'a change reaches customers safely within a couple of hours'),
  required('pipeline.stage-times', 'Build under 10 minutes, Beta and Gamma under 30 each'),
  required('metric.lead-time', 'average time for a single commit to get all the way into production'),
  required('metric.deploy-frequency', 'number of production deployments in a given period'),
  required('metric.mtbf', 'average time between the start of a successful pipeline and the start of a failed one'),
  required('metric.mttr', 'average time between the start of a failed pipeline and the start of the next successful one'),
  required('local.pre-commit-hooks', 'the Build actions run on what is being committed, and abort the commit'),
  recommended('local.ide-plugins', 'the editor warns of the same problems'),
  required('source.application', 'application source code'),
  required('source.tests', 'test source code in the same repository'),
  required('source.infrastructure', 'infrastructure source code in the same repository'),
  required('source.static-assets', 'html, css, images'),
  required('source.dependency-manifests', 'references to third-party code, locked'),
  required('source.static-configuration', 'configuration with nothing in it that is specific to one environment'),
  recommended('source.database', 'schema and reference data, in the same repository where the database is private'),
  required('source.access', 'versioned, reached through role-based access control'),
  required('build.code', "the project's build command"),
  required('build.unit-tests', 'unit tests run, their results read and published'),
  required('build.code-quality', 'linter and coverage; fails when an important rule is broken'),
  required('build.secrets', 'a secret in the code fails the build at once'),
  required('build.sast', 'static security analysis; a finding over the threshold fails at once'),
  required('build.package', 'packaged once, stored in an artifact repository, signed, never rebuilt'),
  required('build.sbom', 'every dependency listed'),
  required('build.sca', 'vulnerabilities and licences of the dependencies on the SBOM'),
  recommended('beta.launch', 'an environment launched from a compute image by infrastructure code'),
  recommended('beta.database', 'incremental schema changes that are safe to roll back; credentials from a secret manager'),
  recommended('beta.deploy', 'the stored artifact, not the source; its signature verified first'),
  required('beta.integration-tests', 'business requirements verified against the running application'),
  required('beta.acceptance-tests', 'a few user workflows, through the user interface'),
  required('gamma.launch', 'an environment launched in every region that production has'),
  recommended('gamma.database', 'incremental schema changes that are safe to roll back; credentials from a secret manager'),
  required('gamma.deploy', 'the stored artifact, not the source; its signature verified first'),
  required('gamma.monitoring', 'alarms defined in infrastructure code; a breach fails the deployment and rolls it back'),
  required('gamma.synthetic-tests', 'probes that run continuously, make enough traffic for the alarms, and assert workflows'),
  recommended('gamma.performance-tests', 'success rate, response time, throughput, against requirements and past runs'),
  recommended('gamma.resilience-tests', 'faults injected under load; a significant deviation fails'),
  recommended('gamma.dast', 'an automated scan of the running application'),
  required('prod.approval', 'an authorised person approves before production'),
  required('prod.database', 'incremental schema changes that are safe to roll back; credentials from a secret manager'),
  required('prod.deploy', 'progressive, and rolled back automatically when a threshold is breached'),
  recommended('prod.synthetic-tests', 'probes that run continuously'),
] as const satisfies readonly Row[];

export type RowId = (typeof rows)[number]['id'];

export const rowIds = rows.map(({ id }) => id) as readonly RowId[];

function required<Id extends `${Row['section']}.${string}`>(id: Id, demand: string) {
  return { id, section: sectionOf(id), level: 'required' as const, demand };
}

function recommended<Id extends `${Row['section']}.${string}`>(id: Id, demand: string) {
  return { id, section: sectionOf(id), level: 'recommended' as const, demand };
}

function sectionOf(id: string): Row['section'] {
  return id.slice(0, id.indexOf('.')) as Row['section'];
}
