import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { VirtualClock } from '../foundation/clock.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { CellsOptions } from './cells.ts';
import { MemoryLog, placeFor, run } from './fixture.testing.ts';
import { marked } from '../sandbox/processes.ts';

const HOUR = 3_600_000;
const coded = (code: string) => (error: unknown): boolean => error instanceof TrunklineError && error.record.code === code;
const living = (attempt: string): Promise<readonly number[]> => marked((environment) => environment.get('TRUNKLINE_ATTEMPT') === attempt);

/** What every cell keeps, whatever holds its processes together. */
export function cellContract(name: string, options: Partial<CellsOptions>): void {
  describe(`a cell with ${name}`, () => {
    test('runs a command in its folder and gives out what it printed and how it ended', async (context) => {
      const { open, workdir } = await placeFor(context, options);
      await writeFile(join(workdir, 'a file'), 'content');
      const cell = await open();
      const { code, signal, ended, output } = await run(cell, 'cat "a file"; echo error >&2; exit 3');
      assert.deepEqual({ code, signal, ended, output }, { code: 3, signal: null, ended: 'by-itself', output: 'contenterror\n' });
    });

    test('runs a list of words without a shell', async (context) => {
      const cell = await (await placeFor(context, options)).open();
      assert.equal((await run(cell, ['printf', '%s|', '$HOME', 'a b', "it's", '*'])).output, "$HOME|a b|it's|*|");
    });

    test('writes reach the folder, as those of a user who can be told', async (context) => {
      const { open, workdir } = await placeFor(context, options);
      const cell = await open();
      assert.equal((await run(cell, 'mkdir sub && echo made > sub/file && chmod 600 sub/file')).code, 0);
      assert.equal(await readFile(join(workdir, 'sub', 'file'), 'utf8'), 'made\n');
    });

    test('runs where it is told to inside its folder, and nowhere else', async (context) => {
      const { open, workdir } = await placeFor(context, options);
      await mkdir(join(workdir, 'sub'));
      const cell = await open();
      assert.match((await run(cell, 'pwd', { cwd: 'sub' })).output, /\/work\/one\/sub\n$/);
      assert.match((await run(cell, 'pwd', { cwd: join(workdir, 'sub') })).output, /\/work\/one\/sub\n$/);
      await assert.rejects(run(cell, 'pwd', { cwd: '..' }), coded('CWD_OUTSIDE'));
      await assert.rejects(run(cell, 'pwd', { cwd: '/' }), coded('CWD_OUTSIDE'));
      await assert.rejects(run(cell, 'pwd', { cwd: 'absent' }), coded('CWD_NOT_FOUND'));
    });

    test('gives a command no variable that is not listed', async (context) => {
      const strays = { NODE_OPTIONS: '--no-deprecation', GIT_DIR: '/nowhere', npm_config_registry: 'http://stray', SECRET_TOKEN: 'stray', LD_LIBRARY_PATH: '/nowhere' };
      Object.assign(process.env, strays);
      context.after(() => { for (const stray of Object.keys(strays)) Reflect.deleteProperty(process.env, stray); });
      const cell = await (await placeFor(context, options)).open();
      const { output } = await run(cell, ['env'], { attempt: 'build.unit', env: { GIVEN: 'value' } });
      const names = output.split('\n').flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []);
      const listed = /^(PATH|LANG|LC_ALL|TZ|TERM|CI|HOME|TMPDIR|USER|LOGNAME|SHELL|TRUNKLINE_CELL|TRUNKLINE_ATTEMPT|GIVEN|PWD|OLDPWD|SHLVL|_|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|(https?|no|all)_proxy|(VOLTA|RUSTUP)_HOME|(PY|RB|NOD|GO|J)ENV_ROOT|(ASDF|MISE)_DATA_DIR|DOTNET_ROOT|JAVA_TOOL_OPTIONS)$/i;
      assert.deepEqual(names.filter((given) => !listed.test(given)), []);
      assert.match(output, /^TRUNKLINE_ATTEMPT=build\.unit$/m);
      assert.match(output, /^GIVEN=value$/m);
      assert.match(output, /^CI=true$/m);
    });

    test('finds this Node first', async (context) => {
      const cell = await (await placeFor(context, options)).open();
      assert.equal((await run(cell, 'node --version')).output, `${process.version}\n`);
    });

    test('hands over values as they are, whatever is in them', async (context) => {
      const cell = await (await placeFor(context, options)).open();
      const value = `a'b"c $HOME \`id\` \\ é\n second line`;
      assert.equal((await run(cell, ['printenv', 'VALUE'], { env: { VALUE: value } })).output, `${value}\n`);
      await assert.rejects(run(cell, 'true', { env: { 'a-b': 'c' } }), coded('ENV_INVALID'));
      await assert.rejects(run(cell, 'true', { env: { TRUNKLINE_CELL: 'other' } }), coded('ENV_INVALID'));
    });

    test('has a HOME and a temporary folder of its own, empty and writable', async (context) => {
      const place = await placeFor(context, options);
      const [one, two] = [await place.open('one'), await place.open('two')];
      const script = 'ls -A "$HOME" | grep -v "^.m2$"; ls "$TMPDIR/mark" 2> /dev/null; echo kept > "$HOME/mark" && echo kept > "$TMPDIR/mark" && mktemp > /dev/null && echo written';
      assert.equal((await run(one, script)).output, '.npmrc\nwritten\n');
      assert.equal((await run(two, script)).output, '.npmrc\nwritten\n');
    });

    test('says what is missing when a program is not there', async (context) => {
      const cell = await (await placeFor(context, options)).open();
      for (const command of ['no-such-program --now', ['no-such-program']]) {
        await assert.rejects(run(cell, command), (error) => coded('COMMAND_NOT_FOUND')(error) && /no-such-program/.test(String(error)));
      }
    });

    test('tells a signal that ended a command, also through a shell', async (context) => {
      const cell = await (await placeFor(context, options)).open();
      for (const command of ['kill -KILL $$', ['sh', '-c', 'kill -KILL $$'], 'sh -c "kill -KILL \\$\\$"; exit $?']) {
        const { code, signal, ended } = await run(cell, command);
        assert.deepEqual({ code, signal, ended }, { code: null, signal: 'SIGKILL', ended: 'by-itself' });
      }
    });

    test('ends what a command leaves running, also in another session', async (context) => {
      const cell = await (await placeFor(context, options)).open();
      const daemon = '(setsid sh -c "trap \\"\\" TERM HUP INT; sleep 1000 & sleep 1000" > /dev/null 2>&1 < /dev/null &) ; echo left';
      const { code, output } = await run(cell, daemon, { attempt: 'leaves-a-daemon' });
      assert.deepEqual([code, output, await living('leaves-a-daemon')], [0, 'left\n', []]);
    });

    test('does not wait for one that holds the output open', async (context) => {
      const cell = await (await placeFor(context, options)).open();
      assert.equal((await run(cell, 'sleep 1000 & echo done')).output, 'done\n');
    });

    test('ends a command that takes longer than its time', async (context) => {
      const clock = new VirtualClock();
      const cell = await (await placeFor(context, { ...options, clock })).open();
      const log = new MemoryLog();
      const running = run(cell, 'echo begun; sleep 1000', { log, timeout: HOUR, attempt: 'too-long' });
      await log.shows('begun');
      await clock.advance(HOUR);
      const { code, ended, duration } = await running;
      assert.deepEqual({ code, ended, duration }, { code: null, ended: 'timeout', duration: HOUR });
      assert.deepEqual(await living('too-long'), []);
    });

    test('a cancelled command hears of it and can clear up', async (context) => {
      const cell = await (await placeFor(context, options)).open();
      const [log, cancel] = [new MemoryLog(), new AbortController()];
      const running = run(cell, ['sh', '-c', 'trap "echo cleared; exit 7" TERM; echo begun; while :; do sleep 0.02; done'], { log, signal: cancel.signal });
      await log.shows('begun');
      cancel.abort();
      const { code, ended } = await running;
      assert.deepEqual({ code, ended }, { code: 7, ended: 'cancelled' });
      assert.match(log.text, /^cleared$/m);
    });

    test('a cancelled command that will not hear is ended, with all that it started', async (context) => {
      const clock = new VirtualClock();
      const cell = await (await placeFor(context, { ...options, clock, grace: 2_000 })).open();
      const [log, cancel] = [new MemoryLog(), new AbortController()];
      let over = false;
      const running = run(cell, ['sh', '-c', 'trap "echo heard" TERM; setsid sh -c "trap \\"\\" TERM; while :; do sleep 0.01; done" & echo begun; while :; do sleep 0.02; done'], { log, signal: cancel.signal, attempt: 'stubborn' })
        .finally(() => { over = true; });
      await log.shows('begun');
      cancel.abort();
      await log.shows('heard');
      assert.equal(over, false, 'it has its time of grace');
      // The time of grace begins once all have been told.
      while (!over) {
        await clock.advance(2_000);
        await setImmediate();
      }
      const { code, ended } = await running;
      assert.deepEqual({ code, ended }, { code: null, ended: 'cancelled' });
      assert.deepEqual(await living('stubborn'), []);
    });

    test('a command cancelled beforehand never begins', async (context) => {
      const { open, workdir } = await placeFor(context, options);
      const { ended, code, duration } = await run(await open(), 'touch begun', { signal: AbortSignal.abort() });
      assert.deepEqual({ ended, code, duration }, { ended: 'cancelled', code: null, duration: 0 });
      assert.deepEqual(await readdir(workdir), []);
    });

    test('runs many commands at once, each with its own output', async (context) => {
      const cell = await (await placeFor(context, options)).open();
      const numbers = Array.from({ length: 16 }, (_, index) => String(index));
      const all = await Promise.all(numbers.map((number) => run(cell, `echo ${number}`)));
      assert.deepEqual(all.map(({ output }) => output.trim()), numbers);
    });

    test('a log that can not be written ends the command and fails the attempt', async (context) => {
      const cell = await (await placeFor(context, options)).open();
      const log = new MemoryLog();
      log.write = () => { throw new TrunklineError('DISK_FULL', 'infra', 'full'); };
      await assert.rejects(run(cell, 'echo first; sleep 1000', { log, attempt: 'full-disk' }), coded('DISK_FULL'));
      assert.deepEqual(await living('full-disk'), []);
    });

    test('closing ends what runs, and nothing can begin afterwards', async (context) => {
      const { open, records } = await placeFor(context, options);
      const cell = await open();
      const log = new MemoryLog();
      const running = run(cell, 'echo begun; sleep 1000', { log, attempt: 'closed-over' });
      await log.shows('begun');
      await Promise.all([cell.close(), cell.close()]);
      assert.equal((await running).ended, 'cancelled');
      assert.deepEqual(await living('closed-over'), []);
      await assert.rejects(run(cell, 'true'), coded('CELL_CLOSED'));
      assert.deepEqual(await readdir(records), [], 'it leaves nothing behind');
    });

    test('a folder that a command shut is removed all the same', async (context) => {
      const { open, records } = await placeFor(context, options);
      const cell = await open();
      assert.equal((await run(cell, 'mkdir -p "$TMPDIR/a/b" "$HOME/c" && chmod 000 "$TMPDIR/a/b" "$TMPDIR/a" "$HOME/c"')).code, 0);
      await cell.close();
      assert.deepEqual(await readdir(records), []);
    });

    test('a cell can be opened again after it was closed, and not twice at once', async (context) => {
      const { open } = await placeFor(context, options);
      const first = await open();
      await assert.rejects(open(), coded('CELL_OPEN'));
      await first.close();
      assert.equal((await run(await open(), 'echo again')).output, 'again\n');
    });

    test('reaping leaves alone what is this host\'s own', async (context) => {
      const { open, cells } = await placeFor(context, options);
      const cell = await open();
      const log = new MemoryLog();
      await run(cell, 'mkfifo gate');
      const running = run(cell, 'echo begun; read line < gate; echo "$line"', { log });
      await log.shows('begun');
      assert.equal(await cells.reap(), 0);
      await run(cell, 'echo through > gate');
      assert.equal((await running).code, 0);
      assert.equal(log.text, 'begun\nthrough\n');
    });
  });
}
