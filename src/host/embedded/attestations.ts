import { join } from 'node:path';
import type { Fact } from '../../core/facts.ts';
import { evidenceOf } from '../../core/evidence.ts';
import type { Effect } from '../../core/owed.ts';
import { lastAttempt, type EvidenceItem, type PipelineState, type Run, type StageRun } from '../../core/state.ts';
import { signStatement } from '../../artifact/bundle.ts';
import type { Signer } from '../../artifact/keys.ts';
import { approval, cyclonedx, provenance, stagePassed, testResult, type NetworkFacts, type ProvenanceFacts, type Statement, type Subject } from '../../artifact/statement.ts';
import type { ArtifactStore } from '../../artifact/store.ts';
import type { Instant, Json } from '../../foundation/units.ts';
import { networkOfAction } from '../../pipeline/network.ts';
import type { Plan, StagePlan } from '../../pipeline/plan.ts';
import { toolsOf } from '../../pipeline/tools.ts';
import type { Report, TestReport } from '../../reports/report.ts';
import type { Cells, Isolation } from '../../runner/cell.ts';
import { readReports, reportPath } from './run-files.ts';

export interface AttestationParts {
  readonly artifacts: ArtifactStore;
  readonly signer: Signer;
  readonly builder: string;
  readonly repository: string;
  readonly isolation: Isolation;
  readonly network: Cells['network'];
  readonly reports: string;
}

interface Named { readonly name: string; readonly statement: Statement }

/**
 * Signs what a stage has shown, or what was approved. All times come from the journal, so that doing it again after a
 * crash gives the same bytes, and the same attestation.
 */
export async function attest(parts: AttestationParts, effect: Extract<Effect, { type: 'attest' }>, state: PipelineState): Promise<Fact> {
  const run = state.runs.get(effect.run);
  const stage = run?.stages[effect.stage];
  const plan = run?.plan?.plan.stages.find(({ name }) => name === effect.stage);
  if (!run?.artifact || !run.plan || !stage || !plan) throw new Error(`${effect.key} has nothing to attest`);
  const subject: Subject = { name: run.plan.plan.application, digest: run.artifact };
  const statements = effect.what === 'approval'
    ? [approvalStatement(subject, run)]
    : [...await testStatements(parts, subject, run, plan), ...(effect.stage === 'build' ? await buildStatements(parts, subject, run, stage) : [passedStatement(parts, subject, run, stage)])];
  const attestations: Omit<EvidenceItem, 'stage' | 'fence'>[] = [];
  for (const { name, statement } of statements) {
    const bundle = await signStatement(statement, [parts.signer]);
    const digest = await parts.artifacts.attest(run.artifact, bundle, statement.predicateType);
    attestations.push({ digest, predicateType: statement.predicateType, name });
  }
  return { type: 'attested', run: run.id, stage: effect.stage, fence: effect.fence, attestations };
}

async function buildStatements(parts: AttestationParts, subject: Subject, run: Run, stage: StageRun): Promise<Named[]> {
  if (!run.plan) throw new Error('Build has passed without a plan');
  const documents = await Promise.all(Object.values(stage.actions).map(async ({ output }) => {
    const digest = textField(output, 'cyclonedx');
    return digest === undefined ? [] : [JSON.parse(Buffer.from(await parts.artifacts.get(digest as Subject['digest'])).toString('utf8')) as { readonly [key: string]: Json }];
  }));
  return [
    ...documents.flat().map((document): Named => ({ name: 'software bill of materials', statement: cyclonedx(subject, document) })),
    { name: 'build passed', statement: provenance(subject, {
      repository: parts.repository, ref: `refs/heads/${run.plan.plan.trunk}`, commit: run.commit, plan: run.plan.digest, isolation: parts.isolation, network: networkFacts(parts, run.plan.plan), ...toolFacts(run.plan.plan),
      sequence: run.sequence, run: run.id, builder: parts.builder, startedAt: stage.enteredAt ?? run.startedAt, finishedAt: endOf(stage, run),
    }) },
  ];
}

function networkFacts({ network }: AttestationParts, plan: Plan): NetworkFacts {
  const build = plan.stages.find(({ name }) => name === 'build');
  return { of: network, actions: Object.fromEntries((build?.actions ?? []).map((action) => [action.name, networkOfAction(action)])) };
}

function toolFacts({ stages, tools }: Plan): Pick<ProvenanceFacts, 'tools'> {
  const used = new Set(stages.find(({ name }) => name === 'build')?.actions.flatMap((action) => toolsOf(action, undefined)));
  return tools === undefined ? {} : { tools: tools.filter(({ name }) => used.has(name)) };
}

async function testStatements(parts: AttestationParts, subject: Subject, run: Run, stage: StagePlan): Promise<Named[]> {
  const named = await Promise.all(stage.actions.map(async (action): Promise<Named[]> => {
    const place = lastAttempt(run, stage.name, action.name);
    const reports = place ? await readReports(join(parts.reports, reportPath(place))) : [];
    return reports.flatMap((report) => {
      const shown = run.plan && shownBy(report, action.row);
      return shown && run.plan ? [{ name: shown.name, statement: testResult(subject, { plan: run.plan.digest, ...shown }) }] : [];
    });
  }));
  return named.flat();
}

/** What a report proves of the artifact: passed, or forgiven with a reason, which whoever approves can see. */
function shownBy(report: Report, row: string): { readonly name: string; readonly passed: string[]; readonly warned: string[]; readonly failed: string[] } | undefined {
  switch (report.type) {
    case 'tests': {
      const of = (outcome: TestReport['cases'][number]['outcome']): string[] => report.cases.filter((each) => each.outcome === outcome).map(({ suite, name }) => (suite ? `${suite} > ${name}` : name));
      return { name: row, passed: of('passed'), warned: of('skipped'), failed: of('failed') };
    }
    case 'findings': {
      const forgiven = report.findings.filter(({ standing }) => standing !== 'counts').map(({ rule, file, line, standing, suppression }) =>
        `${rule} at ${file ?? 'the project'}${line === undefined ? '' : `:${line}`}: ${suppression ? `suppressed until ${suppression.until}: ${suppression.reason}` : standing}`);
      return { name: row, passed: [...report.tools.map(({ name, version }) => `${name}${version === undefined ? '' : ` ${version}`}`), ...report.scope], warned: forgiven, failed: [] };
    }
    case 'coverage': return { name: `${row} coverage`, passed: [`${report.lines.covered} of ${report.lines.total} lines`], warned: [], failed: [] };
    case 'sbom': return undefined;
  }
}

function passedStatement(parts: AttestationParts, subject: Subject, run: Run, stage: StageRun): Named {
  if (!run.plan) throw new Error(`${stage.name} has passed without a plan`);
  return { name: `${stage.name} passed`, statement: stagePassed(subject, { stage: stage.name, verifier: parts.builder, plan: run.plan.digest, inputs: run.evidence.map(({ digest }) => digest), at: endOf(stage, run) }) };
}

function approvalStatement(subject: Subject, run: Run): Named {
  const { approval: asked } = run;
  const shown = asked?.given.at(-1)?.shown;
  if (!asked || !run.plan) throw new Error(`run ${run.id} was approved without being asked for`);
  return { name: `approval ${run.attempt}`, statement: approval(subject, {
    environment: 'prod', run: run.id, plan: run.plan.digest, evidence: evidenceOf(run),
    attestations: run.evidence.filter(({ stage }) => stage !== 'prod').map(({ digest }) => digest),
    ...(shown === undefined ? {} : { shown }),
    approvers: asked.given.map(({ by, at, text }) => ({ user: by, at, ...(text === undefined ? {} : { text }) })),
    expiresAt: asked.requested.expiresAt,
  }) };
}

function endOf(stage: StageRun, run: Run): Instant {
  return Math.max(...Object.values(stage.actions).map(({ endedAt }) => endedAt ?? run.startedAt), stage.enteredAt ?? run.startedAt);
}

function textField(output: Json | undefined, name: string): string | undefined {
  const value = typeof output === 'object' && output !== null && !Array.isArray(output) ? (output as { readonly [key: string]: Json })[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}
