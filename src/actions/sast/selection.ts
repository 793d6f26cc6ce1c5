const CODE = /\.(?:[cm]?[jt]s|[jt]sx)$/;
const DECLARATIONS = /\.d\.[cm]?ts$/;
/** Made by tools or by others; what made it is looked at. */
const MADE = /(?:^|\/)(?:node_modules|bower_components|dist|build|out|coverage|vendor|vendors|third_party|\.next|\.nuxt|\.yarn)\/|[.-]min\.[cm]?js$|\.bundle\.js$/;
/** Tests run where nobody but the team decides what goes in. */
const TESTS = /(?:^|\/)(?:tests?|__tests__|__mocks__|__fixtures__|specs?|e2e|cypress|features)\/|[.-](?:test|spec|stories|fixture)\.[cm]?[jt]sx?$/;

export type Selected = 'code' | 'manifest' | 'test' | 'made' | 'excluded' | 'other';

/** What a file is to the analysis, by its path alone. */
export function selected(path: string, isExcluded: (path: string) => boolean = () => false): Selected {
  if (path === 'package.json' || path.endsWith('/package.json')) return MADE.test(path) ? 'other' : 'manifest';
  if (!CODE.test(path) || DECLARATIONS.test(path)) return 'other';
  if (MADE.test(path)) return 'made';
  if (TESTS.test(path)) return 'test';
  return isExcluded(path) ? 'excluded' : 'code';
}
