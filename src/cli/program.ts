import { Command, type OutputConfiguration } from 'commander';
import { acting, type Openers } from './command.ts';
import { retry, rollback } from './commands/again.ts';
import { approvals } from './commands/approvals.ts';
import { approvers } from './commands/approvers.ts';
import { baseline } from './commands/baseline.ts';
import { build } from './commands/build.ts';
import { check } from './commands/check.ts';
import { approve, cancel, reject, resume } from './commands/decide.ts';
import { down } from './commands/down.ts';
import { editor } from './commands/editor.ts';
import { env } from './commands/env.ts';
import { fix } from './commands/fix.ts';
import { gc, init, setSecret } from './commands/keep.ts';
import { beforeCommit } from './commands/hook.ts';
import { hooksStatus, installHooks, uninstallHooks } from './commands/hooks.ts';
import { logs } from './commands/logs.ts';
import { metrics } from './commands/metrics.ts';
import { report } from './commands/report.ts';
import { run } from './commands/run.ts';
import { runs } from './commands/runs.ts';
import { show } from './commands/show.ts';
import { trends } from './commands/trends.ts';
import { up } from './commands/up.ts';
import { verify } from './commands/verify.ts';
import { EXIT } from './exit.ts';
import { Terminal } from './terminal.ts';
import { linesOf } from './text.ts';

const ABOUT = `Takes the commits of a repository's trunk through Source, Build, Beta, Gamma and Prod, as its
trunkline.config.ts says. State lives in .trunkline/, beside the git folder.

  trunkline init      a first trunkline.config.ts for this repository
  trunkline check     what the specification asks for: there, missing, or waived
  trunkline run       the head of the trunk, to production
  trunkline up        watch the trunk, and run every new commit of it
  trunkline env       what runs where, with what share of the traffic`;

const CODES = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 rolled back, 4 waits for approval or goes on elsewhere, 5 refused.
A RUN is an id, the beginning of one, or of its commit's hash. Environments stay up until "trunkline down".`;

/** Help, and what is wrong with the words that were given: those are repeated. */
function output(): OutputConfiguration {
  const terminal = new Terminal();
  return { writeOut: (said) => linesOf(said.trimEnd()).forEach((line) => terminal.print(line)), writeErr: (said) => linesOf(said.trimEnd()).forEach((line) => terminal.note(line)) };
}

/** The command line: every command, what it takes, and the function that carries it out. */
export function program(open: Openers, version: string): Command {
  const trunkline = new Command('trunkline').description(ABOUT).version(version).addHelpText('after', CODES).configureOutput(output()).showHelpAfterError('("trunkline --help" lists the commands)')
    .exitOverride((error) => {
      process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
      throw error;
    });
  const add = (name: string, about: string, group = trunkline): Command => group.command(name).description(about)
    .option('--json', 'print data as JSON')
    .option('--state <folder>', 'the state folder (default: .trunkline beside the git folder)')
    .option('-C, --directory <folder>', 'work on the repository there');

  add('init', 'write a first trunkline.config.ts for this repository, from what lies in it').action(acting(open, init));
  add('check', 'say, row by row, what this repository has, lacks or waives of the specification').action(acting(open, check));
  add('build', 'run all of Build on the work tree: unsigned, and not deployable').option('--staged', 'on what is staged, instead').action(acting(open, build));
  const hooks = trunkline.command('hooks').description('run the Build actions that work on sources before each commit');
  add('install', 'have git run them in this clone, by a committed folder of hooks', hooks).action(acting(open, installHooks));
  add('uninstall', 'have git run them no longer; the committed files stay', hooks).action(acting(open, uninstallHooks));
  add('status', 'who runs hooks here, and whether Trunkline is called', hooks).action(acting(open, hooksStatus));
  add('baseline', 'let only new findings count: write down those that are there').option('--update', 'take in what is new, take out what is gone').option('--prune', 'take out what is gone').option('--secrets', 'secrets too, which stay in the repository').action(acting(open, baseline));
  add('pre-commit', 'what the hook calls: the Build actions that work on sources, on exactly what is staged', trunkline.command('hook').description('what hooks of git call')).action(acting(open, beforeCommit));
  add('editor', 'write what VS Code and JetBrains editors need to show the same problems, merged with what is there').action(acting(open, editor));
  add('fix [advisories...]', 'upgrade vulnerable dependencies on a new branch, and run Build there (default: all that osv() finds)').action(acting(open, fix));
  add('run [commit]', 'take a commit of the trunk to production (default: the head)')
    .option('--again', 'also when it was released already').option('--wait', 'wait for an approval that another gives').option('--detach', 'do not follow it')
    .action(acting(open, run));
  add('up', 'watch the trunk and run each new commit, until ended').action(acting(open, up));
  add('runs', 'list the runs, newest first').option('-n, --limit <count>', 'how many', '20').action(acting(open, runs));
  add('show [run]', 'one run: its stages, actions, evidence and approval').action(acting(open, show));
  add('report [run] [action]', 'all that the actions of a run reported: tests, coverage, findings, components. RUN may be "local", the last local build').option('--format <format>', 'sarif, junit, html or json, for other programs').option('--output <file>', 'write it there, instead of to standard output').action(acting(open, report));
  add('logs [run] [action]', 'what the actions of a run printed; of a failed run, those that did not pass. ACTION is STAGE.ACTION').option('--attempt <number>', 'an earlier attempt').action(acting(open, logs));
  add('approvals', 'what waits for approval: who may approve it, its commits, and all that changed since what is live').action(acting(open, approvals));
  add('approvers', 'who approves production; with options, who does from now on').option('--groups <names>', 'members of these groups, with commas between').option('--at-least <count>', 'how many of them').option('--own-changes <choice>', 'whether authors and whoever asked for the run may approve where others could: refused or allowed').action(acting(open, approvers));
  add('approve <run>', 'approve exactly what waits, for production').option('--as <name>', 'act as another, where operators.json lets you').option('-m, --message <text>', 'kept with the approval').option('--evidence <digest>', 'refuse when this is not what waits').option('--shown <digest>', 'refuse when this is not all that is shown now, as approvals and show print it').action(acting(open, approve));
  add('reject <run>', 'turn down what waits for approval').requiredOption('-r, --reason <text>', 'why').option('--defect', 'it is broken: counts as a failure').option('--as <name>', 'act as another').action(acting(open, reject));
  add('cancel <run>', 'stop a run; what it has shifted goes back').option('-r, --reason <text>', 'why', 'cancelled by hand').action(acting(open, cancel));
  add('resume <run>', 'go on with a rollout that holds for lack of traffic').action(acting(open, resume));
  add('retry <run>', 'try a failed run again: what failed, and what it needs').option('--all', 'everything of the stage').option('--wait', 'wait for approval').option('--detach', 'do not follow it').action(acting(open, retry));
  add('rollback', 'put the last good release before the live one back').option('--to <run>', 'the release of that run').option('-r, --reason <text>', 'why', 'rolled back by hand').option('--detach', 'do not follow it').action(acting(open, rollback));
  add('env', 'what runs where, with what share of the traffic; where nothing runs, what ran last').action(acting(open, env));
  add('metrics', 'lead time, deploy frequency, MTBF and MTTR').option('--from <time>', 'ISO or epoch milliseconds; included').option('--to <time>', 'not included').option('--import <file>', 'of a history from elsewhere (JSON), instead').action(acting(open, metrics));
  add('trends [row]', 'tests, coverage, findings, components and times, run by run; of one row, such as build.unit-tests').option('-n, --limit <count>', 'how many runs', '20').action(acting(open, trends));
  add('verify [what]', 'verify an artifact and its evidence, offline: a RUN or a digest').option('--journal', 'the history itself, from its first row').action(acting(open, verify));
  add('down [environment]', 'end environments: router, instances and database').action(acting(open, down));
  const secret = trunkline.command('secret').description('secrets that environments are given by name');
  secret.command('set <name>').description('set one; its value comes on standard input').option('--state <folder>', 'the state folder').option('-C, --directory <folder>', 'work on the repository there').action(acting(open, setSecret));
  add('gc', 'remove what no release and no unfinished run needs').action(acting(open, gc));
  return trunkline;
}
