import { PassThrough } from 'node:stream';
import { findingsReport, testReport, coverageReport } from '../../reports/fixture.testing.ts';
import { Terminal } from '../terminal.ts';
import type { Told } from './exported.ts';
import type { Reported } from './reported.ts';

/** A terminal, or what is none, whose text can be looked at. */
export function terminal({ isTTY = false } = {}): { readonly terminal: Terminal; readonly out: () => string; readonly err: () => string } {
  const streams = [new PassThrough(), new PassThrough()] as const;
  const [out, err] = streams.map((stream) => {
    let text = '';
    stream.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    return () => text;
  });
  const writable = (stream: PassThrough): NodeJS.WriteStream => Object.assign(stream, { isTTY }) as unknown as NodeJS.WriteStream;
  return { terminal: new Terminal(writable(streams[0]), writable(streams[1])), out: out!, err: err! };
}

const sbom: Reported['reports'][number] = { type: 'sbom', format: 'cyclonedx', components: 1, document: `sha256:${'0'.repeat(64)}` };

/** A run in which every sort of report was made; every name and text that others write passes through `named`. */
export function toldRun(named: (text: string) => string = (text) => text): Told {
  const action = (name: string, state: string, reports: Reported['reports'], at: number): Reported => ({ stage: 'build', action: name, row: `build.${name}`, state, limits: { high: 0 }, reports, startedAt: at, durationMs: 1_000, ...(state === 'failed' ? { message: named('it failed') } : {}) });
  return {
    title: named('r-1 a commit'), outcome: named('FAILED: it failed'), startedAt: 0, endedAt: 4_000, critical: [{ action: 'build.sast', ms: 1_000 }],
    actions: [
      action('unit-tests', 'failed', [
        { ...testReport, cases: testReport.cases.map(({ suite, name, detail, file, ...rest }) => ({ ...rest, suite: named(suite || 's'), name: named(name), ...(detail === undefined ? {} : { detail: named(detail) }), ...(file === undefined ? {} : { file: named(file) }) })) },
        { ...coverageReport, files: coverageReport.files.map((file) => ({ ...file, file: named(file.file) })) },
      ], 0),
      action('sast', 'failed', [{
        ...findingsReport, tools: findingsReport.tools.map(({ name }) => ({ name: named(name) })), scope: findingsReport.scope.map(named),
        findings: findingsReport.findings.map(({ rule, message, why, fix, file, steps, suppression, ...rest }) => ({
          ...rest, rule: named(rule), message: named(message), note: named('note'), ...(why === undefined ? {} : { why: named(why) }), ...(fix === undefined ? {} : { fix: named(fix) }), ...(file === undefined ? {} : { file: named(file) }),
          ...(steps ? { steps: steps.map((step) => ({ ...step, file: named(step.file), message: named(step.message) })) } : {}), ...(suppression ? { suppression: { ...suppression, reason: named(suppression.reason), where: named(suppression.where) } } : {}),
        })),
      }], 1_000),
      action('sbom', 'passed', [sbom], 2_000),
      { stage: 'beta', action: 'approval', row: 'prod.approval', state: 'running', limits: {}, reports: [] },
    ],
  };
}

/** The document of the SBOM report. */
export function sbomDocument(named: (text: string) => string = (text) => text) {
  return { components: [{ name: named('left-pad'), version: named('1.0.0'), licenses: [{ license: { id: named('MIT') } }] }] };
}
