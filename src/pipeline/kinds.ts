import type { RowId } from '../catalogue/rows.ts';
import type { StageName } from './plan.ts';

/**
 * The rows that an action of each kind may serve, and with them the stages that it may stand in. An allow-list, so that
 * a kind has no place until it is given one: what makes the plan stands in Source alone, what makes the artifact in
 * Build alone, and after Build neither can change.
 */
const ROWS: { readonly [kind: string]: readonly RowId[] } = {
  'commit': ['pipeline.trunk-only'],
  'plan': ['pipeline.as-code'],
  'source-rows': ['source.application'],
  'shell': ['build.code', 'build.unit-tests', 'build.code-quality', 'build.secrets', 'build.sast', 'build.sbom', 'build.sca'],
  'secretlint': ['build.secrets'],
  'static-analysis': ['build.sast'],
  'npm-sbom': ['build.sbom'],
  'osv': ['build.sca'],
  'archive': ['build.package'],
  'verify': ['beta.deploy', 'gamma.deploy', 'prod.deploy'],
  'launch': ['beta.launch', 'gamma.launch', 'prod.deploy'],
  'dbmate': ['beta.database', 'gamma.database', 'prod.database'],
  'rollout': ['beta.deploy', 'gamma.deploy', 'prod.deploy'],
  'cucumber': ['beta.integration-tests'],
  'playwright': ['beta.acceptance-tests'],
  'alarms': ['gamma.monitoring'],
  'probes': ['gamma.synthetic-tests', 'prod.synthetic-tests'],
  'approval': ['prod.approval'],
};

/** What looks at the release once it is deployed: before that, it would look at the one before. */
export const TESTING_KINDS: ReadonlySet<string> = new Set(['cucumber', 'playwright', 'alarms', 'probes']);

/** Of the plan of a rollback, which Trunkline writes itself: no commit can ask for an authorisation. */
export const ROLLBACK_KINDS: ReadonlySet<string> = new Set(['authorise', 'verify', 'launch', 'rollout']);

/** The rows that a kind may serve; none where there is no such kind. */
export function rowsOf(kind: string): readonly RowId[] {
  return Object.hasOwn(ROWS, kind) ? ROWS[kind] ?? [] : [];
}

/** Whether the plan of a commit may hold an action of this kind in this stage. */
export function mayStand(kind: string, stage: StageName): boolean {
  return stage === 'source' ? SOURCE.has(kind) : rowsOf(kind).some((row) => row.startsWith(`${stage}.`));
}

/** Source is built in; what it does serves rows of other sections. */
const SOURCE: ReadonlySet<string> = new Set(['commit', 'plan', 'source-rows']);
