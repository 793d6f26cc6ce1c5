/** What a user writes into `application(…)`. A field without `?` is a row that the specification requires. */
import type { Duration } from '../foundation/units.ts';
import type { Environment } from './environments.ts';
import type { Approval, Archive, Command, DependencyAnalysis, Features, Journeys, Migrations, Monitoring, Sbom, SecretScan, StaticAnalysis, SyntheticTests, TestCommand } from './uses.ts';
import type { Waiver } from './waiver.ts';
import type { Wave } from './waves.ts';

/** Globs over the files that git tracks, such as `"src/**"`. */
export type Globs = string | readonly string[];

/** How runs share Beta, Gamma and Prod. `superseded`: the newest waiting run wins. `queued`: each in its turn. */
export type Concurrency = 'superseded' | 'queued';

export interface ApplicationSpec {
  /** The branch whose every commit goes to production, such as `"main"`. Commits elsewhere are refused. */
  readonly trunk: string;
  readonly local: LocalSpec;
  /** Where in the repository the source rows are. What is left out is looked for in the usual places. */
  readonly source?: SourceSpec;
  readonly build: BuildSpec;
  readonly beta: BetaSpec;
  readonly gamma: GammaSpec;
  readonly prod: ProdSpec;
  /** By default `"superseded"`. */
  readonly concurrency?: Concurrency;
  /** How long it may take; the wait for an approval never counts. */
  readonly budgets?: BudgetsSpec;
}

/** It is warned at four fifths of each, and past it, with what the time went to and what to do. */
export interface BudgetsSpec {
  /** By default `"10m"`. */
  readonly build?: Duration;
  /** By default `"30m"`. */
  readonly beta?: Duration;
  /** By default `"30m"`. */
  readonly gamma?: Duration;
  /** From the push to the last bake in Prod; by default `"2h"`. */
  readonly total?: Duration;
  /** Whether a run fails that takes longer, up to the first customer of its release; by default `false`. */
  readonly enforce?: boolean;
}

/** What runs on a developer's machine before a commit. */
export interface LocalSpec {
  /** The files that run the Build actions on what is being committed, and abort the commit, such as `".githooks/pre-commit"`. */
  readonly preCommitHooks: Globs | Waiver;
  /** Editor settings and recommended extensions, such as `".vscode/**"`. */
  readonly idePlugins?: Globs | Waiver;
}

export interface SourceSpec {
  /** Application source code. */
  readonly application?: Globs | Waiver;
  /** Tests of every sort, in this same repository. */
  readonly tests?: Globs | Waiver;
  /** Environments, alarms and probes as code. */
  readonly infrastructure?: Globs | Waiver;
  /** HTML, CSS, images. */
  readonly staticAssets?: Globs | Waiver;
  /** Manifests of third-party code and their lock files. */
  readonly dependencyManifests?: Globs | Waiver;
  /** Configuration with nothing in it that is specific to one environment. */
  readonly staticConfiguration?: Globs | Waiver;
  /** Schema and reference data. */
  readonly database?: Globs | Waiver;
  /** Who may change what, such as `"CODEOWNERS"`; by default the remote's own access control. */
  readonly access?: Globs | Waiver;
}

/** Runs for every commit, all actions at once where nothing is needed first. Under ten minutes. */
export interface BuildSpec {
  /** The project's build command. */
  readonly code: Command | Waiver;
  /** Unit tests whose results are read: `sh("npm test", { junit: "reports/unit.xml" })`. */
  readonly unitTests: TestCommand | Waiver;
  /** A linter and coverage; fails when an important rule is broken. */
  readonly codeQuality: Command | Waiver;
  /** A secret in the code fails the build at once. */
  readonly secrets: SecretScan | Command | Waiver;
  /** Static security analysis; a finding over the threshold fails at once. */
  readonly sast: StaticAnalysis | Command | Waiver;
  /** Packaged once, signed, never rebuilt: what is deployed is these bytes. */
  readonly package: Archive | Waiver;
  /** Every dependency listed. */
  readonly sbom: Sbom | Command | Waiver;
  /** Vulnerabilities and licences of the dependencies. */
  readonly sca: DependencyAnalysis | Command | Waiver;
}

/** The first environment: does the application do what it should? Under thirty minutes. */
export interface BetaSpec {
  readonly environment: Environment<'beta'>;
  /** Migrations of the environment's database. */
  readonly database?: Migrations | Waiver;
  /** Business requirements against the running application. */
  readonly integrationTests: Features | Waiver;
  /** A few workflows through the user interface. */
  readonly acceptanceTests: Journeys | Waiver;
}

/** As production-like as can be, with every region that Prod has. Under thirty minutes. */
export interface GammaSpec {
  readonly environment: Environment<'gamma'>;
  /** Migrations of the environment's database. */
  readonly database?: Migrations | Waiver;
  /** The environment's alarms, watched: `alarms({ for: "10m" })`. */
  readonly monitoring: Monitoring | Waiver;
  /** The environment's probes: `probes({ atLeast: 20 })`. */
  readonly syntheticTests: SyntheticTests | Waiver;
  /** Not built in yet: waive it with the reason, or leave it out. */
  readonly performanceTests?: Waiver;
  /** Not built in yet: waive it with the reason, or leave it out. */
  readonly resilienceTests?: Waiver;
  /** Not built in yet: waive it with the reason, or leave it out. */
  readonly dast?: Waiver;
}

/** Production: approved by a person, then wave by wave, watched, and back by itself. */
export type ProdSpec = ProdDeployment & (
  | { readonly environment: Environment<'prod', 'postgres'>; /** Migrations of the environment's database. */ readonly database: Migrations | Waiver }
  | { readonly environment: Environment<'prod', 'none'>; readonly database?: Waiver }
);

export interface ProdDeployment {
  /** Who lets a release in. Can't be waived. */
  readonly approval: Approval;
  /** Waves in their order. Each region of Prod is in exactly one. Waived, every region gets all traffic at once. */
  readonly deploy: readonly Wave[] | Waiver;
  /** Probes of Prod against the new release, after the last wave. */
  readonly syntheticTests?: SyntheticTests | Waiver;
}

/** Every field there is, and whether it must be there: for those whose editor does not check types. */
export const FIELDS = {
  application: { trunk: true, local: true, source: false, build: true, beta: true, gamma: true, prod: true, concurrency: false, budgets: false },
  local: { preCommitHooks: true, idePlugins: false },
  source: { application: false, tests: false, infrastructure: false, staticAssets: false, dependencyManifests: false, staticConfiguration: false, database: false, access: false },
  build: { code: true, unitTests: true, codeQuality: true, secrets: true, sast: true, package: true, sbom: true, sca: true },
  beta: { environment: true, database: false, integrationTests: true, acceptanceTests: true },
  gamma: { environment: true, database: false, monitoring: true, syntheticTests: true, performanceTests: false, resilienceTests: false, dast: false },
  prod: { environment: true, approval: true, database: false, deploy: true, syntheticTests: false },
} as const satisfies {
  readonly application: Fields<ApplicationSpec>;
  readonly local: Fields<LocalSpec>;
  readonly source: Fields<SourceSpec>;
  readonly build: Fields<BuildSpec>;
  readonly beta: Fields<BetaSpec>;
  readonly gamma: Fields<GammaSpec>;
  readonly prod: { readonly [field in keyof ProdDeployment | 'environment' | 'database']: boolean };
};

/** For each field of a type, whether it is required. */
type Fields<Spec> = { readonly [field in keyof Required<Spec>]: undefined extends Spec[field] ? false : Record<never, never> extends Pick<Spec, field> ? false : true };
