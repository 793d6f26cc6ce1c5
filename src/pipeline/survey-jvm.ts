import type { Repository, Survey } from './survey.ts';

/** What Maven or Gradle does for a first pipeline. */
export interface Jvm extends Pick<Survey, 'tests' | 'run'> {
  readonly code: string;
  readonly packaged: readonly string[];
}

export function jvmOf(files: readonly string[], read: Repository['read']): Jvm | undefined {
  if (files.includes('pom.xml')) return maven(files, read);
  if (!files.some((file) => /^build\.gradle(\.kts)?$/.test(file))) return undefined;
  const gradle = files.includes('gradlew') ? './gradlew' : 'gradle';
  return {
    code: `${gradle} --no-daemon assemble`, tests: { command: `${gradle} --no-daemon test`, junit: '**/build/test-results/test/TEST-*.xml' },
    packaged: ['build/libs/*.jar'], run: undefined,
  };
}

function maven(files: readonly string[], read: Repository['read']): Jvm {
  const tool = files.includes('mvnw') ? './mvnw' : 'mvn';
  const root = read('pom.xml') ?? '';
  const modules = [...root.replace(/<!--[\s\S]*?-->/g, '').matchAll(/<module>\s*([^<\s]{1,200})\s*<\/module>/g)].map(([, module = '']) => module.replace(/\/?pom\.xml$/, ''));
  const isWhole = modules.length === 0;
  // Of several modules, the one whose jar can be started by itself is what is deployed.
  const started = isWhole ? '' : modules.find((module) => /<artifactId>(?:spring-boot-maven-plugin|quarkus-maven-plugin|maven-shade-plugin|maven-assembly-plugin)</.test(read(`${module}/pom.xml`) ?? ''));
  const folder = started === undefined || started === '' ? '' : `${started}/`;
  const jar = started === undefined ? undefined : jarOf(read(`${folder}pom.xml`) ?? '', root);
  return {
    code: `${tool} -B -q package -DskipTests`,
    tests: { command: `${tool} -B test`, junit: `${isWhole ? '' : '**/'}target/surefire-reports/TEST-*.xml` },
    packaged: started === undefined ? ['*/target/*.jar'] : [`${folder}target/${jar ?? '*.jar'}`],
    run: jar === undefined ? undefined : `java -jar ${folder}target/${jar}`,
  };
}

/** The name that Maven gives it; undefined where a property or a parent elsewhere decides. */
function jarOf(pom: string, root: string): string | undefined {
  const bare = (text: string): string => text.replace(/<!--[\s\S]*?-->/g, '').replace(/<(build|dependencies|dependencyManagement|profiles|plugins|modules|properties)>[\s\S]*<\/\1>/g, '');
  const field = (text: string, name: string): string | undefined => new RegExp(`<${name}>\\s*([^<\\s]{1,200})\\s*</${name}>`).exec(text)?.[1];
  const own = bare(pom).replace(/<parent>[\s\S]*?<\/parent>/, '');
  const named = /<finalName>\s*([^<\s$]{1,200})\s*<\/finalName>/.exec(pom)?.[1];
  if (named !== undefined) return `${named}.jar`;
  const name = field(own, 'artifactId');
  const version = field(own, 'version') ?? field(/<parent>([\s\S]*?)<\/parent>/.exec(bare(pom))?.[1] ?? '', 'version') ?? field(bare(root), 'version');
  return name === undefined || version === undefined || /[${}]/.test(name + version) ? undefined : `${name}-${version}.jar`;
}
