/**
 * `trunkline`: what `trunkline.config.ts` is written with. Environments are written with `trunkline/environments`.
 */
export { application } from './application.ts';
export { waive, type Waiver } from './waiver.ts';
export { alarms, approval, archive, cucumber, dbmate, licences, npmSbom, osv, playwright, probes, secretlint, sh, staticAnalysis } from './uses.ts';
export { allAtOnce, canary, linear, wave, type Bake, type Strategy, type Wave } from './waves.ts';
export type { Approval, Archive, Command, CoverageLimits, DependencyAnalysis, Features, Journeys, Migrations, Monitoring, OsvOptions, Sbom, SecretScan, ShellOptions, StagedOptions, StaticAnalysis, SuiteOptions, Threshold, SyntheticTests, TestCommand, Trying, Use } from './uses.ts';
export type { ApplicationSpec, BetaSpec, BudgetsSpec, BuildSpec, Concurrency, GammaSpec, Globs, LocalSpec, ProdSpec, SourceSpec } from './specification.ts';
export type { Duration } from '../foundation/units.ts';
export type { Plan } from './plan.ts';
