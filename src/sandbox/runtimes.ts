/** What programs that people keep in their home need of it to run: their own files, never the settings and tokens beside them. */

/** A manager of versions in a home. All paths are below that home. */
export interface HomeRuntime {
  /** Known by a folder on the search path in here. */
  readonly on: string;
  readonly shown: readonly string[];
  /** The variables that say where it lies: a command's HOME is another. */
  readonly variables?: { readonly [name: string]: string };
}

const versions = (root: string, variable: string): HomeRuntime => ({
  on: root, shown: ['bin', 'completions', 'lib', 'libexec', 'plugins', 'shims', 'version', 'versions'].map((name) => `${root}/${name}`), variables: { [variable]: root },
});

export const HOME_RUNTIMES: readonly HomeRuntime[] = [
  { on: '.nvm', shown: ['.nvm/versions'] },
  { on: '.volta', shown: ['.volta/bin', '.volta/tools'], variables: { VOLTA_HOME: '.volta' } },
  { on: '.fnm', shown: ['.fnm/node-versions'] },
  { on: '.local/share/fnm', shown: ['.local/share/fnm/node-versions'] },
  { on: '.asdf', shown: ['.asdf/bin', '.asdf/lib', '.asdf/installs', '.asdf/plugins', '.asdf/shims'], variables: { ASDF_DATA_DIR: '.asdf' } },
  { on: '.local/share/mise', shown: ['.local/share/mise/installs', '.local/share/mise/shims'], variables: { MISE_DATA_DIR: '.local/share/mise' } },
  versions('.pyenv', 'PYENV_ROOT'), versions('.rbenv', 'RBENV_ROOT'), versions('.nodenv', 'NODENV_ROOT'), versions('.goenv', 'GOENV_ROOT'), versions('.jenv', 'JENV_ROOT'),
  { on: '.sdkman', shown: ['java', 'gradle', 'kotlin', 'groovy', 'scala', 'sbt', 'ant'].map((name) => `.sdkman/candidates/${name}`) },
  // Its programs begin by making the folder of hashes, and fail where it is not there.
  { on: '.cargo/bin', shown: ['.rustup/toolchains', '.rustup/settings.toml', '.rustup/update-hashes'], variables: { RUSTUP_HOME: '.rustup' } },
  { on: '.dotnet', shown: ['dotnet', 'host', 'packs', 'sdk', 'sdk-manifests', 'shared', 'templates'].map((name) => `.dotnet/${name}`), variables: { DOTNET_ROOT: '.dotnet' } },
  { on: '.ghcup', shown: ['.ghcup/bin', '.ghcup/ghc', '.ghcup/hls'] },
  { on: '.linuxbrew', shown: ['bin', 'sbin', 'Cellar', 'opt', 'lib', 'share', 'include'].map((name) => `.linuxbrew/${name}`) },
  // Their folder of programs is all there is: `go install`, deno, bun, pnpm.
];

/** An unpacked program, wherever it lies: a mark below its folder, and what belongs to the program. */
export interface Distribution { readonly mark: string; readonly shown: readonly string[] }

export const DISTRIBUTIONS: readonly Distribution[] = [
  { mark: 'lib/node_modules/npm', shown: ['bin', 'lib', 'include', 'share'] },
  { mark: 'lib/modules', shown: ['bin', 'lib', 'conf', 'include', 'jmods', 'legal', 'release'] },
  { mark: 'pkg/tool', shown: ['bin', 'api', 'go.env', 'lib', 'misc', 'pkg', 'src', 'VERSION'] },
  { mark: 'pyvenv.cfg', shown: ['bin', 'include', 'lib', 'lib64', 'pyvenv.cfg', 'share'] },
  { mark: 'bin/python3', shown: ['bin', 'include', 'lib', 'share'] },
  { mark: 'bin/rustc', shown: ['bin', 'etc', 'lib', 'libexec', 'share'] },
  { mark: 'bin/ruby', shown: ['bin', 'include', 'lib', 'share'] },
  // Not `conf/settings.xml`, in which passwords of repositories stand.
  { mark: 'bin/m2.conf', shown: ['bin', 'boot', 'lib', 'conf/logging'] },
  { mark: 'init.d', shown: ['bin', 'init.d', 'lib'] },
];
