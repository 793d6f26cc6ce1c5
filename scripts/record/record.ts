/**
 * Records what tools write, for the contract tests: `node scripts/record/record.ts [NAME…]`. Installs each tool in a
 * temporary folder, from npm or as an unpacked Debian package, runs it on the small code that stands in recordings.ts,
 * and keeps its output below test/recorded, without any path of this machine.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recordings, type Recording } from './recordings.ts';

const target = fileURLToPath(new URL('../../test/recorded/', import.meta.url));
/** What stands in the recorded files where the checkout was. */
const CHECKOUT = '/checkout';

const asked = process.argv.slice(2);
for (const recording of recordings) {
  if (asked.length === 0 || asked.includes(recording.name)) record(recording);
}

function record(recording: Recording): void {
  const root = mkdtempSync(join(tmpdir(), 'record-'));
  try {
    const env = install(recording, join(root, 'tool'));
    const sample = join(root, 'sample');
    for (const [path, text] of Object.entries({ ...recording.files, 'reports/.keep': '' })) {
      mkdirSync(dirname(join(sample, path)), { recursive: true });
      writeFileSync(join(sample, path), text);
    }
    const ran = spawnSync('sh', ['-c', recording.command], { cwd: sample, env, encoding: 'utf8' });
    mkdirSync(join(target, recording.name), { recursive: true });
    for (const path of recording.keeps) {
      const text = readFileSync(join(sample, path), 'utf8');
      if (text.trim() === '') throw new Error(`${recording.name} wrote nothing into ${path}:\n${ran.stdout}\n${ran.stderr}`);
      writeFileSync(join(target, recording.name, basename(path)), neutral(text, root, sample));
    }
    const version = spawnSync('sh', ['-c', recording.version], { cwd: sample, env, encoding: 'utf8' });
    remember(recording.name, `${recording.by === undefined ? '' : `${recording.by} `}${/\d+\.\d+(?:\.\d+)?/.exec(`${version.stdout}${version.stderr}`)?.[0] ?? 'unknown'}`);
    console.log(`${recording.name}: exit code ${ran.status}`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** The environment in which the tool is found. */
function install({ npm = [], debian = [] }: Recording, folder: string): NodeJS.ProcessEnv {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  if (npm.length > 0) execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', ...npm], { cwd: folder, stdio: 'inherit' });
  if (debian.length > 0) {
    execFileSync('apt-get', ['download', ...debian], { cwd: folder, stdio: 'ignore' });
    for (const archive of globSync('*.deb', { cwd: folder })) execFileSync('dpkg', ['-x', archive, '.'], { cwd: folder });
  }
  return {
    ...process.env,
    // A test runner that is told of another one says nothing itself.
    NODE_TEST_CONTEXT: undefined, NO_COLOR: '1', CI: '1',
    NODE_PATH: join(folder, 'node_modules'),
    PATH: `${dirname(process.execPath)}:${join(folder, 'node_modules/.bin')}:${join(folder, 'usr/bin')}:${process.env['PATH']}`,
    PYTHONPATH: [join(folder, 'usr/lib/python3/dist-packages'), 'src'].join(':'),
    CLASSPATH: globSync('usr/share/java/*.jar', { cwd: folder }).map((jar) => join(folder, jar)).join(':'),
  };
}

function neutral(text: string, root: string, sample: string): string {
  const tool = new RegExp(`${escaped(join(root, 'tool'))}[^"'\\s<>()]*`, 'g');
  return text.replaceAll(sample, CHECKOUT).replaceAll(`${basename(root)}/sample/`, '').replace(tool, '/tool').replaceAll(/ hostname="[^"]*"/g, ' hostname="machine"');
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function remember(name: string, version: string): void {
  const file = join(target, 'versions.json');
  let known: { [name: string]: string } = {};
  try {
    known = JSON.parse(readFileSync(file, 'utf8')) as typeof known;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const sorted = Object.fromEntries(Object.entries({ ...known, [name]: version }).sort(([a], [b]) => a.localeCompare(b, 'en')));
  writeFileSync(file, `${JSON.stringify(sorted, undefined, 2)}\n`);
}
