import type { Found } from '../reports/report.ts';
import { linesOf } from './lines.ts';
import { outOfStep, unlocked, unpinned } from './manifest-findings.ts';
import type { ManifestReader } from './manifests.ts';

/** Every required module has its checksum. What is replaced by a folder needs none. */
export const goFindings: ManifestReader = (file, text, locks) => {
  const replaced = new Set([...text.matchAll(/^[ \t]*(?:replace[ \t]+)?([\w./~-]+)(?:[ \t]+v\S+)?[ \t]*=>[ \t]*\.{1,2}\//gm)].map(([, name]) => name));
  const wanted = [...linesOf(text)].flatMap(([line, content]) => {
    const found = /^\s*(?:require\s+)?([\w.-]+\.[\w./~-]+)\s+(v\d\S*)/.exec(content.replace(/\/\/.*$/, ''));
    return found && !content.includes('=>') && !replaced.has(found[1]) && !/^\s*exclude|^\s*retract/.test(content) ? [{ name: found[1] ?? '', version: found[2] ?? '', line }] : [];
  });
  if (wanted.length === 0) return [];
  const lock = locks.nearest(['go.sum']);
  if (lock === undefined) return [unlocked(file, ['go.sum'])];
  const sums = locks.text(lock);
  if (sums === undefined) return [];
  const known = new Set([...sums.matchAll(/^(\S+) (v[^\s/]+)(?:\/go\.mod)? h1:/gm)].map(([, name, version]) => `${name} ${version}`));
  return wanted.filter(({ name, version }) => !known.has(`${name} ${version}`)).map(({ name, version, line }) => outOfStep(file, line, `${name} ${version} is not in ${lock}`, 'run "go mod tidy", and commit both files'));
};

export const cargoFindings: ManifestReader = (file, text, locks) => {
  let inside = false;
  const wanted = [...linesOf(text)].flatMap(([line, content]) => {
    const bare = content.replace(/\s#.*$/, '').trim();
    if (bare.startsWith('[')) inside = bare.endsWith('dependencies]');
    const found = inside ? /^([\w-]+)\s*=\s*(.*)$/.exec(bare) : null;
    return found && !/\b(path|workspace)\s*=/.test(found[2] ?? '') ? [{ name: /\bpackage\s*=\s*"([^"]+)"/.exec(found[2] ?? '')?.[1] ?? found[1] ?? '', written: found[2] ?? '', line }] : [];
  });
  if (wanted.length === 0) return [];
  const isLoose = (written: string): boolean => /"\*"/.test(written) || (/\bgit\s*=/.test(written) && !/\brev\s*=/.test(written));
  const loose = wanted.filter(({ written }) => isLoose(written)).map(({ name, written, line }) => unpinned(file, line, name, written));
  const lock = locks.nearest(['Cargo.lock']);
  if (lock === undefined) return [unlocked(file, ['Cargo.lock']), ...loose];
  const content = locks.text(lock);
  if (content === undefined) return loose;
  const known = new Set([...content.matchAll(/^name = "([^"]+)"/gm)].map(([, name]) => name));
  return [...loose, ...wanted.filter(({ name }) => !known.has(name)).map(({ name, line }): Found => outOfStep(file, line, `${name} is not in ${lock}`, 'run "cargo update --workspace", and commit both files'))];
};

export const gemFindings: ManifestReader = (file, text, locks) => {
  if (!/^[ \t]*gem[ \t]/m.test(text)) return [];
  return locks.nearest(['Gemfile.lock']) === undefined ? [unlocked(file, ['Gemfile.lock'])] : [];
};
