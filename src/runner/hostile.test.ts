import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, link, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { Cell } from './cell.ts';
import { openCells } from './cells.ts';
import { type Place, placeFor, run } from './fixture.testing.ts';

const sealed = openCells({ records: tmpdir(), marker: 'trial', npmrc: '' }).isolation === 'namespaces';

interface Target extends Place { readonly cell: Cell; readonly key: string; readonly beside: string }

/** A state folder with something to steal, and another checkout beside the build's own. */
async function target(context: TestContext): Promise<Target> {
  const place = await placeFor(context);
  const key = join(place.state, 'keys', 'signing.pem');
  const beside = join(place.state, 'work', 'two');
  await Promise.all([mkdir(join(place.state, 'keys')), mkdir(beside)]);
  await writeFile(key, 'PRIVATE KEY');
  await writeFile(join(place.state, 'journal.db'), 'JOURNAL');
  await writeFile(join(beside, 'file'), 'OTHER BUILD');
  await symlink(key, join(place.workdir, 'link'));
  return { ...place, cell: await place.open(), key, beside };
}

const script = (text: string, ...words: string[]): readonly string[] => ['sh', '-c', text, 'sh', ...words];

describe('a hostile build', { skip: !sealed && 'no namespaces here' }, () => {
  test('reads nothing of the state folder: no key, no journal, no other build, not through a link', async (context) => {
    const { cell, key, state, beside, workdir } = await target(context);
    for (const path of [key, join(state, 'journal.db'), join(beside, 'file'), join(workdir, 'link'), `/proc/self/cwd/../../keys/signing.pem`, `/proc/self/root${key}`]) {
      const { code, output } = await run(cell, ['cat', path]);
      assert.notEqual(code, 0, path);
      assert.match(output, /No such file|Permission denied/);
    }
    assert.equal((await run(cell, ['ls', '-A', state])).output, 'cells\nwork\n', 'only the way to its own folders is there');
    assert.equal((await run(cell, ['ls', '-A', join(state, 'work')])).output, 'one\n');
  });

  test('does not find the places where layers waited', async (context) => {
    const { cell } = await target(context);
    const everywhere = 'for point in $(cut -d" " -f5 /proc/self/mountinfo); do ls -d "$point"/keys/signing.pem "$point"/../keys/signing.pem "$point"/*/keys/signing.pem 2> /dev/null; done; ls -A /run/.trunkline 2> /dev/null; exit 0';
    assert.equal((await run(cell, everywhere)).output, '');
  });

  test('writes nothing outside its folder', async (context) => {
    const { cell, state } = await target(context);
    const places = ['/', '/etc', '/usr/bin', '/var/tmp', '/dev', '/sys/fs/cgroup', '/run', '/mnt', process.cwd(), join(import.meta.dirname), state, join(state, 'cells'), '/proc/sys/kernel', homedir()];
    for (const place of places) {
      const { code, output } = await run(cell, script('echo x > "$1/trunkline-was-here"', place));
      assert.notEqual(code, 0, `${place}: ${output}`);
    }
    for (const file of ['/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname', '/proc/sysrq-trigger', '/etc/passwd', '/etc/ld.so.preload', '/proc/1/mem']) {
      const { code, output } = await run(cell, script('echo x > "$1"', file));
      assert.notEqual(code, 0, `${file}: ${output}`);
    }
  });

  test('sees no process but its own, not even those of another attempt in its cell', async (context) => {
    const { cell } = await target(context);
    const host = String(process.pid);
    assert.notEqual((await run(cell, script('kill -0 "$1"', host))).code, 0);
    const { output } = await run(cell, 'cat /proc/[0-9]*/environ | tr "\\0" "\\n" | grep -c "^TRUNKLINE_ATTEMPT" ; cat /proc/[0-9]*/cmdline | tr "\\0" " "');
    assert.doesNotMatch(output, /node|unshare/);
    const other = new AbortController();
    const waiting = run(cell, 'sleep 1000', { env: { OTHERS_SECRET: 'abcdef' }, signal: other.signal });
    assert.doesNotMatch((await run(cell, 'sleep 0.1; cat /proc/*/environ /proc/*/task/*/environ 2> /dev/null | tr "\\0" "\\n"')).output, /OTHERS_SECRET/);
    other.abort();
    await waiting;
  });

  test('can not take away what lies over the machine, with whatever namespaces it makes itself', async (context) => {
    const { cell, state, key } = await target(context);
    const attempts = [
      'umount "$1"', 'umount -l "$1"', 'umount /proc && cat /proc/1/environ', 'mount -o remount,bind,rw /', 'mount -t tmpfs x /mnt', 'mount --bind / "$PWD"',
      'nsenter -t 1 -m cat "$2"', 'nsenter -t 1 -U -m -p cat "$2"', 'chroot / true', 'pivot_root . .',
    ];
    for (const text of attempts) {
      for (const inside of ['', 'unshare -U -r -m ', 'unshare -r -m -p -f --mount-proc ']) {
        const { output } = await run(cell, script(`${inside}sh -c '${text}' sh "$1" "$2"; cat "$2" /proc/1/root"$2"`, state, key));
        assert.doesNotMatch(output, /PRIVATE KEY/, `${inside}${text}`);
      }
    }
    const { output } = await run(cell, script("unshare -r -m sh -c 'for p in / /sys /etc; do mount -o remount,bind,rw $p; done; echo x > /etc/trunkline-was-here && echo WRITTEN'"));
    assert.doesNotMatch(output, /WRITTEN/);
  });

  test('has no capability, and gains none by a program that is set to run as root', async (context) => {
    const { cell } = await target(context);
    const { output } = await run(cell, 'grep CapEff /proc/self/status; id -u; su -c "id -u" root < /dev/null; sudo -n id -u; exit 0');
    assert.match(output, /CapEff:\s+0000000000000000/);
    assert.doesNotMatch(output, /^0$/m);
  });

  test('reaches no raw disk, no memory, and no socket of the machine', async (context) => {
    const { cell } = await target(context);
    assert.equal((await run(cell, 'ls /dev | sort | tr "\\n" " "')).output, 'fd full null ptmx pts random shm stderr stdin stdout tty urandom zero ');
    assert.equal((await run(cell, 'find /run /var/run/ -type s 2> /dev/null')).output, '');
    assert.equal((await run(cell, 'echo x > /dev/null && head -c 4 /dev/urandom | wc -c && echo y > /dev/shm/own && cat /dev/shm/own')).output, '4\ny\n');
  });

  test('reaches no socket of the state folder', async (context) => {
    const { cell, state } = await target(context);
    const server = createServer((socket) => socket.end('HOST'));
    const path = join(state, 's');
    await new Promise<void>((resolve) => server.listen(path, resolve));
    context.after(() => server.close());
    const client = `require('node:net').connect(${JSON.stringify(path)}).on('data', (data) => console.log(String(data))).on('error', (error) => console.log(error.code))`;
    assert.match((await run(cell, ['node', '-e', client])).output, /ENOENT|EACCES/);
  });

  test('reads nothing of the home of the one who started the host', async (context) => {
    const { cell } = await target(context);
    const { output } = await run(cell, script('ls -A "$1"/.ssh "$1"/.npmrc "$1"/.config "$1"/.aws 2> /dev/null', homedir()));
    assert.equal(output, '');
  });

  test('does not slip code into the programs that make its walls', async (context) => {
    const { cell, workdir } = await target(context);
    await writeFile(join(workdir, 'unshare'), '#!/bin/sh\necho HIJACKED\n');
    await chmod(join(workdir, 'unshare'), 0o755);
    const { output, code } = await run(cell, ['/bin/echo', 'fine'], { env: { PATH: workdir, LD_PRELOAD: join(workdir, 'evil.so'), ENV: join(workdir, 'unshare'), BASH_ENV: join(workdir, 'unshare') } });
    assert.equal(code, 0);
    assert.doesNotMatch(output, /HIJACKED|nsenter|unshare/);
    assert.match(output, /fine\n$/);
  });

  test('a file with another name elsewhere does not change hands', { skip: process.geteuid?.() !== 0 && 'only root gives files away' }, async (context) => {
    const place = await placeFor(context);
    const original = join(place.state, 'original');
    await writeFile(original, 'mine', { mode: 0o600 });
    await link(original, join(place.workdir, 'linked'));
    const cell = await place.open();
    assert.notEqual((await run(cell, 'cat linked')).code, 0);
    assert.equal(await readFile(original, 'utf8'), 'mine');
  });

  test('a fork bomb that is cancelled is gone', async (context) => {
    const { cell } = await target(context);
    const cancel = new AbortController();
    const bomb = run(cell, 'i=0; while [ $i -lt 200 ]; do i=$((i+1)); (setsid sleep 98765 &); done; echo full; sleep 1000', { signal: cancel.signal, log: logThat((text) => text.includes('full') && cancel.abort()) });
    assert.equal((await bomb).ended, 'cancelled');
    const living = spawn('ps', ['-A', '-o', 'args=']);
    let text = '';
    living.stdout.on('data', (chunk: Buffer) => { text += chunk.toString(); });
    await new Promise((resolve) => living.on('close', resolve));
    assert.equal(text.split('\n').filter((line) => line === 'sleep 98765').length, 0);
  });
});

function logThat(hears: (text: string) => unknown) {
  return { write: (chunk: Uint8Array | string) => void hears(Buffer.from(chunk as Uint8Array).toString()), lastLines: () => [], close: async () => {} };
}
