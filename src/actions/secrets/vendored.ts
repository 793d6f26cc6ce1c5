const FOLDERS = [
  'node_modules', 'bower_components', 'jspm_packages', 'vendor', 'third_party', 'third-party', 'thirdparty', 'Godeps', 'Pods', 'Carthage', 'site-packages', 'dist-packages', '\\.venv', 'venv', '\\.bundle',
  '\\.yarn/(?:cache|releases|plugins|sdks|unplugged)', '\\.pnpm-store',
];
const VENDORED = new RegExp(`(?:^|/)(?:${FOLDERS.join('|')})/`);

/**
 * Whether a path is where copies of other people's packages are kept. Their examples and test keys are nobody's secrets,
 * and there are tens of thousands of them. Only for what is past: what lies there today is looked at.
 */
export function isVendored(path: string): boolean {
  return VENDORED.test(path);
}
