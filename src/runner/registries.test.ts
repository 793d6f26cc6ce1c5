import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { openCells } from './cells.ts';
import { placeFor, run } from './fixture.testing.ts';

/** A small application of one language: one dependency from its registry, which is built into it and used. */
interface Application {
  readonly language: string;
  readonly tool: readonly [program: string, ...words: string[]];
  readonly registry: string;
  readonly files: { readonly [path: string]: string };
  readonly command: string;
  readonly says: RegExp;
  /** The same from a host that is no registry. */
  readonly elsewhere: string;
}

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>example</groupId><artifactId>app</artifactId><version>1</version>
<packaging>pom</packaging><dependencies><dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.13.2</version></dependency></dependencies></project>`;
const ELSEWHERE = 'evil.example.com';

const APPLICATIONS: readonly Application[] = [
  {
    language: 'Rust', tool: ['cargo', '--version'], registry: 'index.crates.io',
    files: { 'Cargo.toml': '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nitoa = "1"\n', 'src/main.rs': 'fn main() { println!("built {}", itoa::Buffer::new().format(41 + 1)); }\n' },
    command: 'cargo run --quiet', says: /^built 42$/m, elsewhere: `printf '[source.crates-io]\\nreplace-with = "x"\\n[source.x]\\nregistry = "sparse+https://${ELSEWHERE}/"\\n' > "$HOME/.cargo/config.toml" && rm -rf Cargo.lock && cargo fetch`,
  },
  {
    language: 'Java', tool: ['mvn', '--version'], registry: 'repo.maven.apache.org',
    files: { 'pom.xml': POM },
    command: 'mvn -B -q dependency:copy-dependencies && ls target/dependency', says: /^junit-4\.13\.2\.jar$/m,
    elsewhere: `mvn -B dependency:get -Dartifact=org.example:absent:1 -DremoteRepositories=x::default::https://${ELSEWHERE}/`,
  },
  {
    language: 'Go', tool: ['go', 'version'], registry: 'proxy.golang.org',
    files: { 'go.mod': 'module example.org/app\n\ngo 1.21\n', 'main.go': 'package main\n\nimport "github.com/google/uuid"\n\nfunc main() { println("built", uuid.Nil.String()) }\n' },
    command: 'go get github.com/google/uuid@v1.6.0 && go run .', says: /^built 00000000-0000/m, elsewhere: `GOPROXY=https://${ELSEWHERE} go get github.com/google/uuid@v1.5.0`,
  },
  {
    language: 'Python', tool: ['python3', '-m', 'pip', '--version'], registry: 'pypi.org',
    files: { 'requirements.txt': 'six==1.16.0\n' },
    command: 'python3 -m venv env && env/bin/pip install -q --no-cache-dir -r requirements.txt && env/bin/python -c "import six; print(six.__version__)"', says: /^1\.16\.0$/m,
    elsewhere: `env/bin/pip install --no-cache-dir --retries 0 --index-url https://${ELSEWHERE}/simple idna`,
  },
];

const sealed = openCells({ records: tmpdir(), marker: 'trial', npmrc: '' }).network === 'own';

describe('with its registries alone, an application gets its dependencies through the gate', { skip: !sealed && 'no network namespaces here' }, () => {
  for (const { language, tool: [program, ...words], registry, files, command, says, elsewhere } of APPLICATIONS) {
    test(`in ${language}`, async (context) => {
      if (spawnSync(program, words).status !== 0) return context.skip(`${program} is not installed here`);
      if (!await lookup(registry).then(() => true, () => false)) return context.skip(`${registry} is not reached from here`);
      const place = await placeFor(context);
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(place.workdir, path)), { recursive: true });
        await writeFile(join(place.workdir, path), text);
      }
      const cell = await place.open();
      const built = await run(cell, command, { timeout: 300_000, reach: { hosts: 'registries' } });
      assert.match(built.output, says);
      assert.deepEqual([built.code, built.refused], [0, undefined], built.output);

      const refused = await run(cell, elsewhere, { timeout: 120_000, reach: { hosts: 'registries' } });
      assert.notEqual(refused.code, 0, refused.output);
      assert.deepEqual(refused.refused, [ELSEWHERE], refused.output);
    });
  }
});
