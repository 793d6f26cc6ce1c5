import type { Found } from '../reports/report.ts';
import { linesOf, withoutComments } from './lines.ts';
import { unlocked, unpinned } from './manifest-findings.ts';
import type { ManifestReader } from './manifests.ts';

const FIX = 'write one released version';

/** A pom is its own lock while each version is one. */
export const mavenFindings: ManifestReader = (file, text) => {
  let artifact = 'a dependency';
  return [...linesOf(withoutComments(text, file))].flatMap(([line, content]): Found[] => {
    artifact = /<artifactId>([^<]{1,200})<\/artifactId>/.exec(content)?.[1]?.trim() ?? artifact;
    const version = /<version>([^<]{1,200})<\/version>/.exec(content)?.[1]?.trim();
    // A project's own version may be a snapshot; it has no parent element but the project, which stands at the margin.
    const isOwn = /^( {0,4}|\t)<version>/.test(content);
    const isLoose = version !== undefined && (/^(LATEST|RELEASE)$/.test(version) || /^[[(].*,/.test(version) || (version.endsWith('-SNAPSHOT') && !isOwn));
    return isLoose ? [unpinned(file, line, artifact, version, FIX)] : [];
  });
};

const LOCKS = ['gradle.lockfile', 'buildscript-gradle.lockfile'];

export const gradleFindings: ManifestReader = (file, text, locks) => {
  const bare = withoutComments(text, `${file}.java`);
  const loose = [...linesOf(bare)].flatMap(([line, content]) => {
    const found = /["']([\w.-]+:[\w.-]+):([^"':@]*(?:\+|latest\.\w+|-SNAPSHOT)|[[(][^"']*,[^"']*)["']/.exec(content);
    return found ? [unpinned(file, line, found[1] ?? '', found[2] ?? '', FIX)] : [];
  });
  const names = /^[ \t]*(implementation|api|compileOnly|runtimeOnly|testImplementation|testRuntimeOnly|annotationProcessor|kapt|ksp)\b/m.test(bare);
  return names && locks.nearest(LOCKS) === undefined ? [unlocked(file, LOCKS), ...loose] : loose;
};
