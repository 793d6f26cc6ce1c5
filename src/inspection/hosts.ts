/** What in a text names a machine of one environment. */
export interface Address {
  readonly host: string;
  readonly scheme: string;
  /** Between `user:` and `@`. */
  readonly password?: string;
  /** Where it begins in the line. */
  readonly index: number;
}

const SCHEMES = new Set(['http', 'https', 'ws', 'wss', 'postgres', 'postgresql', 'mysql', 'mariadb', 'sqlserver', 'oracle', 'redis', 'rediss', 'amqp', 'amqps', 'mongodb', 'mongodb+srv', 'kafka', 'nats', 'mqtt', 'mqtts', 'ldap', 'ldaps', 'smtp', 'smtps', 'ftp', 'sftp', 'ssh', 'tcp', 'udp', 'grpc', 'grpcs', 'clickhouse', 'cassandra', 'neo4j', 'bolt', 'elasticsearch', 'etcd', 'consul']);
const SHORTEST_PLACEHOLDER = /[${}<>%*]|\b(your|my|some)[-_]?(host|domain|server|account)|^(host|hostname|domain|server)$/i;
const NAMES_ONLY = /(^|\.)(example\.(com|org|net|edu)|example|test|invalid|localhost|docker\.internal)$/i;
/** Hosts that stand in names of vocabularies, schemas and licences: nothing ever connects to them. */
const VOCABULARY = /(^|\.)(w3\.org|json-schema\.org|schemastore\.org|schema\.org|xmlsoap\.org|xmlns\.com|purl\.org|springframework\.org|maven\.apache\.org|apache\.org|opensource\.org|spdx\.org|cyclonedx\.org|in-toto\.io|slsa\.dev|openapis\.org|swagger\.io|json\.schemastore\.org|java\.sun\.com|jakarta\.ee|jcp\.org|hibernate\.org|checkstyle\.org|docbook\.org|openid\.net|ietf\.org|iana\.org|unicode\.org|opengis\.net|ogp\.me|microsoft\.com\/xml|creativecommons\.org|gnu\.org)$/i;

/** Addresses with a scheme; bounded by looking only at the signs around each `://`. */
export function addressesIn(line: string): readonly Address[] {
  const found: Address[] = [];
  for (let at = line.indexOf('://'); at !== -1; at = line.indexOf('://', at + 3)) {
    const scheme = /[a-z][a-z0-9+.-]{0,30}$/i.exec(line.slice(Math.max(0, at - 31), at))?.[0] ?? '';
    const authority = /^[^\s/"'`?#,;)\\|]*/.exec(line.slice(at + 3, at + 303))?.[0] ?? '';
    const [, user = '', place = ''] = /^(.*@)?(.*)$/.exec(authority) ?? [];
    const host = /^\[([0-9a-f:.]+)\]/i.exec(place)?.[1] ?? place.replace(/:\d*$/, '').replace(/[.\]>]+$/, '');
    const password = /^[^:]*:(.+)@$/.exec(user)?.[1];
    if (SCHEMES.has(scheme.toLowerCase()) && host !== '') found.push({ host, scheme: scheme.toLowerCase(), index: at - scheme.length, ...(password === undefined ? {} : { password }) });
  }
  return found;
}

/** Addresses of the internet protocol that stand alone. A version of four numbers looks the same: its line says so. */
export function numbersIn(line: string): readonly string[] {
  if (/version|\bv\d/i.test(line)) return [];
  return [...line.matchAll(/(?<![\w.-])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\w.-])/g)].filter((found) => found.slice(1, 5).every((part) => Number(part) <= 255)).map(([address]) => address);
}

/** Means no machine of any environment: this one, an example, a blank to be filled, a service of one name, a vocabulary. */
export function isNeutral(host: string): boolean {
  if (/^(localhost|127(\.\d+){3}|0\.0\.0\.0|255(\.255){3}|::1?|(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+)$/i.test(host)) return true;
  if (SHORTEST_PLACEHOLDER.test(host) || NAMES_ONLY.test(host) || VOCABULARY.test(host)) return true;
  return !host.includes('.') && !host.includes(':');
}

const ENVIRONMENT_LABEL = /(^|[.-])(prod|prd|production|stag|stage|staging|preprod|uat|qa|beta|gamma|dev|develop|development)\d*([.-])/i;
const INTERNAL = /\.(internal|intranet|intra|corp|lan|local|svc|cluster\.local|private)$/i;
const ASSIGNED = /\.(amazonaws\.com|cloudfront\.net|elb\.amazonaws\.com|azurewebsites\.net|azure\.com|windows\.net|azurecontainerapps\.io|run\.app|appspot\.com|cloudfunctions\.net|herokuapp\.com|vercel\.app|netlify\.app|fly\.dev|onrender\.com|ondigitalocean\.app|supabase\.co|mongodb\.net|firebaseio\.com)$/i;

/**
 * Whether a host must belong to one environment: it is a number, names an environment, lies in a private network, or is
 * what a cloud has assigned to one installation. The public address of another's service is the same everywhere.
 */
export function isOfOneEnvironment(host: string): boolean {
  if (isNeutral(host)) return false;
  return /^\d+(\.\d+){3}$/.test(host) || host.includes(':') || ENVIRONMENT_LABEL.test(host) || INTERNAL.test(host) || ASSIGNED.test(host);
}
