/**
 * How much of what is known the static analysis finds in code that nobody here wrote: `node bench/sast/run.ts`. It fetches
 * old releases with `npm pack`, runs none of them, and removes them. `--peer` runs eslint-plugin-security beside it.
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyse } from '../../src/actions/sast/analysis.ts';
import type { Found } from '../../src/reports/report.ts';
import { installPeer, type Peer } from './peer.ts';

interface Label {
  readonly package: string;
  readonly version: string;
  readonly fixed?: string;
  readonly id: string;
  readonly class: string;
  readonly file: string;
  /** Where the harm is put together, and where it is done: a finding at any of these is the flaw. */
  readonly lines: readonly number[];
  /** Nothing was changed in the analysis after looking at these. */
  readonly heldOut?: true;
}

const labels = JSON.parse(readFileSync(new URL('./labels.json', import.meta.url), 'utf8')) as readonly Label[];
const kept = JSON.parse(readFileSync(new URL('./kept.json', import.meta.url), 'utf8')) as readonly string[];
const signal = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'trunkline-sast-'));
const verbose = process.argv.includes('--verbose');

function isOf(kind: string, rule: string): boolean {
  return kind === 'weak-crypto' ? rule.startsWith('weak-') : kind === rule;
}

function fetched(release: string): string {
  const target = join(folder, release.replaceAll('/', '+'));
  mkdirSync(target);
  const archive = execFileSync('npm', ['pack', '--silent', release], { cwd: target, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim().split('\n').at(-1) ?? '';
  execFileSync('tar', ['-xzf', archive, '--strip-components=1', '--no-same-owner'], { cwd: target, stdio: ['ignore', 'ignore', 'ignore'] });
  rmSync(join(target, archive));
  return target;
}

/** All of a package but its tests, also what the analysis leaves out of a repository: packages hold what was built. */
async function findings(root: string): Promise<readonly Found[]> {
  const paths = globSync(['**/*.{js,mjs,cjs,jsx,ts,mts,cts,tsx}', '**/package.json'], { cwd: root })
    .filter((path) => !/(^|\/)(node_modules|tests?|__tests__|spec)\/|\.(test|spec)\.|[.-]min\.js$|\.d\.[cm]?ts$/.test(path) && statSync(join(root, path)).isFile());
  const { found, incomplete } = await analyse(paths.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') })), { signal });
  if (verbose) for (const { path, why } of incomplete) console.log(`  not looked at to its end: ${path} (${why})`);
  return found.filter(({ severity }) => ['critical', 'high', 'medium'].includes(severity));
}

interface Score { labels: number; found: number; heldOut: number; heldOutFound: number; fixed: number; alarms: number; peerFound: number; peerAlarms: number }
const scores = new Map<string, Score>();
const scoreOf = (kind: string): Score => {
  const there = scores.get(kind) ?? { labels: 0, found: 0, heldOut: 0, heldOutFound: 0, fixed: 0, alarms: 0, peerFound: 0, peerAlarms: 0 };
  scores.set(kind, there);
  return there;
};

try {
  const peer: Peer | undefined = process.argv.includes('--peer') ? installPeer(join(folder, 'peer')) : undefined;
  const releases = Map.groupBy(labels, ({ package: name, version }) => `${name}@${version}`);
  for (const [release, known] of releases) {
    const root = fetched(release);
    const all = await findings(root);
    for (const label of known) {
      const score = scoreOf(label.class);
      const isFound = all.some(({ file, line, rule }) => file === label.file && isOf(label.class, rule) && label.lines.includes(line ?? 0));
      score.labels += 1;
      if (isFound) score.found += 1;
      if (label.heldOut) score.heldOut += 1;
      if (label.heldOut && isFound) score.heldOutFound += 1;
      if (peer?.findings(root, label.file).some(({ line }) => label.lines.includes(line))) score.peerFound += 1;
      if (verbose || !isFound) console.log(`${isFound ? 'found ' : 'missed'} ${release} ${label.file}:${label.lines.join(',')} ${label.class} ${label.id}${label.heldOut ? ' (held out)' : ''}`);
    }
    const fixed = known[0]?.fixed;
    if (fixed === undefined) continue;
    const corrected = fetched(`${known[0]?.package}@${fixed}`);
    const after = await findings(corrected);
    for (const [file, [label]] of Map.groupBy(known, (each) => each.file)) {
      if (!label) continue;
      const score = scoreOf(label.class);
      const alarm = after.find((each) => each.file === file && isOf(label.class, each.rule));
      score.fixed += 1;
      if (alarm) score.alarms += 1;
      if (alarm) console.log(`still  ${label.package}@${fixed} ${file}:${alarm.line} ${alarm.rule} ${alarm.severity}: ${alarm.message}`);
      if (peer && statSync(join(corrected, file), { throwIfNoEntry: false }) && peer.findings(corrected, file).length > 0) score.peerAlarms += 1;
    }
  }
  console.log('\nclass                    labels found missed | held out found | corrected still-told' + (peer ? ' | peer: found still-told' : ''));
  const total = scoreOf('all');
  for (const [kind, score] of scores) {
    if (kind === 'all') continue;
    for (const key of Object.keys(score) as (keyof Score)[]) total[key] += score[key];
  }
  for (const [kind, each] of scores) {
    console.log(`${kind.padEnd(24)} ${String(each.labels).padStart(6)} ${String(each.found).padStart(5)} ${String(each.labels - each.found).padStart(6)} | ${String(each.heldOut).padStart(8)} ${String(each.heldOutFound).padStart(5)} | ${String(each.fixed).padStart(9)} ${String(each.alarms).padStart(10)}${peer ? ` | ${String(each.peerFound).padStart(11)} ${String(each.peerAlarms).padStart(10)}` : ''}`);
  }
  console.log('\nwell-kept packages: every alarm of medium or worse');
  for (const release of kept) {
    const all = await findings(fetched(release));
    const worse = all.filter(({ severity }) => severity !== 'medium');
    console.log(`${release}: ${worse.length} of high or critical, ${all.length - worse.length} of medium`);
    for (const { file, line, rule, severity, message } of all) if (severity !== 'medium' || verbose) console.log(`  ${file}:${line} ${severity} ${rule}: ${message}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
