/** Who may import whom, as data. `types` are imports of which nothing is left when the program runs. */
export interface FolderRule {
  readonly values: readonly string[];
  readonly types?: readonly string[];
  /** Decides and touches nothing: it may import nothing of the platform. */
  readonly isPure?: true;
}

export const folders: { readonly [folder: string]: FolderRule } = {
  foundation: { values: [] },
  catalogue: { values: ['foundation'], isPure: true },
  // What a repository's files say of it. It knows the shape of a plan, and the pipeline asks it.
  inspection: { values: ['foundation', 'catalogue', 'reports'], types: ['pipeline'], isPure: true },
  pipeline: { values: ['foundation', 'catalogue', 'inspection', 'reports'], types: ['runner'] },
  artifact: { values: ['foundation'] },
  reports: { values: ['foundation'] },
  cache: { values: ['foundation'] },
  // What a process of a commit sees of the machine, and as which user: for builds and for regions alike.
  sandbox: { values: ['foundation'] },
  // The one way out of a namespace without a network: by name, through a gate of the host.
  network: { values: ['foundation'] },
  runner: { values: ['foundation', 'pipeline', 'artifact', 'sandbox', 'network'] },
  // The facts of a rollout are kept in the journal, and decided by the rollout alone.
  journal: { values: ['foundation', 'pipeline'], types: ['rollout'] },
  // What an environment measured is judged by the rollout, which knows no environment.
  rollout: { values: ['foundation', 'pipeline'], types: ['environment'], isPure: true },
  core: { values: ['foundation', 'catalogue', 'pipeline', 'artifact', 'journal', 'rollout'], isPure: true },
  metrics: { values: ['foundation', 'journal'], types: ['pipeline'], isPure: true },
  source: { values: ['foundation', 'pipeline'], types: ['journal'] },
  // What runs before a commit, on the developer's machine: actions without a host.
  local: { values: ['foundation', 'catalogue', 'pipeline', 'reports', 'actions', 'runner', 'source'], types: ['artifact', 'environment'] },
  // What an instance prints is masked as what any command prints.
  environment: { values: ['foundation', 'pipeline', 'artifact', 'runner', 'sandbox'] },
  // Reads what environments measured, and lets the rollout judge it.
  telemetry: { values: ['foundation', 'rollout'], types: ['environment', 'pipeline'] },
  actions: { values: ['telemetry', 'foundation', 'catalogue', 'inspection', 'pipeline', 'artifact', 'environment', 'reports', 'rollout', 'runner', 'sandbox', 'network', 'source'] },
  host: { values: ['telemetry', 'foundation', 'pipeline', 'artifact', 'journal', 'core', 'rollout', 'environment', 'actions', 'reports', 'runner', 'sandbox', 'source', 'cache'] },
  server: { values: ['foundation', 'pipeline', 'journal', 'core', 'metrics', 'host'] },
  // The composition root hands the commands what they need; they see its shape alone.
  cli: { values: ['foundation', 'catalogue', 'pipeline', 'journal', 'core', 'metrics', 'server', 'runner', 'reports'], types: ['host', 'environment', 'artifact', 'rollout', 'source', 'local'] },
};
