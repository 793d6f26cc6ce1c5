import { kindOf } from './assigned.ts';
import type { Leak } from './leak.ts';
import { isForExamples, isPassword, isReference, isSurelyRandom, isToken } from './likeness.ts';

/** The quoted text of a fallback; bounded, as every part here, so that a hostile line costs no more than its length. */
const TEXT = /(?<quote>["'`])(?<value>[^"'`\n\\]{4,512})\k<quote>/.source;
const NAME = /(?<name>[A-Za-z_][\w.-]{1,79})/.source;
/** A name in quotes and brackets, as in `env["NAME"]` and `getenv("NAME")`, or one with dots. */
const QUOTED = /["'`](?<quoted>[A-Za-z_][\w.:-]{1,79})["'`]\s{0,2}[\])]{1,3}/.source;
const NAMED = `(?:${QUOTED}|(?<![\\w.$])(?<plain>[A-Za-z_$][\\w$.?]{1,99}))!?`;

function form(...parts: readonly string[]): RegExp {
  return new RegExp(parts.join(''), 'gi');
}

/** How languages give a value that is taken where none is set. */
const FORMS: readonly RegExp[] = [
  // get("NAME", "text"), environ.get("NAME", default="text"), SetDefault("NAME", "text"), getOrDefault("NAME", "text")
  form('(?<![\\w.$!:])[\\w.$!:]{0,80}(?:get|env|fetch|default|or|config|param|property|setting|option|str|string|secret|lookup)',
    `(?:<\\w{1,30}>)?!?\\s{0,2}\\(\\s{0,8}["'\`]${NAME}["'\`]\\s{0,4},\\s{0,8}(?:default(?:_value)?\\s{0,2}[=:]\\s{0,2})?${TEXT}`),
  // process.env.NAME || "text", ENV["NAME"] ?? "text", os.getenv("NAME") or "text", System.getenv("NAME") ?: "text"
  form(NAMED, `\\s{0,8}(?:\\|\\|=?|\\?\\?=?|\\?:|\\bor\\b)\\s{0,8}${TEXT}`),
  // cmp.Or(os.Getenv("NAME"), "text")
  form(`\\b(?:Or|coalesce|firstNonEmpty|default)\\([\\w.]{0,40}\\(?"${NAME}"\\)?,\\s{0,8}${TEXT}`),
  // optional(env("NAME")).orElse("text"), var("NAME").unwrap_or_else(|_| "text".into()), ENV.fetch("NAME") { "text" }
  form(`["'\`]${NAME}["'\`]\\s{0,2}\\){1,3}\\s{0,8}(?:\\.\\s{0,2}(?:orElse|orElseGet|unwrap_or|unwrap_or_else|getOrElse|or)\\s{0,2}[({]|\\{)`,
    `\\s{0,4}(?:\\|\\w{0,8}\\|\\s{0,2}|\\(\\)\\s{0,2}->\\s{0,2})?(?:String::from\\()?${TEXT}`),
  // NAME: z.string().min(8).default("text"), NAME: str({ default: "text" }), NAME = env.str("NAME", default="text")
  form(`(?<![\\w.])${NAME}["'\`]?\\s{0,4}[:=]\\s{0,4}[\\w.]{1,40}\\([^\\n]{0,160}?\\bdefault\\s{0,2}[(:=]\\s{0,2}${TEXT}`),
  // env.NAME ? env.NAME : "text", "NAME" in env else "text"
  form(`(?<![\\w.-])${NAME}\\s{0,4}\\?\\s{0,4}[\\w.$]{2,100}\\s{0,4}:\\s{0,4}${TEXT}`),
  form(`["']${NAME}["'][^\\n"']{0,80}\\belse\\s{1,4}${TEXT}`),
  // if (!name) name = "text"; if name == "" { name = "text" }
  form(`\\bif\\s{0,4}\\(?\\s{0,4}(?:!|not\\s{1,4})?${NAME}\\s{0,4}(?:(?:={2,3}|is)\\s{0,4}(?:""|''|nil|null|None|undefined))?`,
    `\\s{0,4}\\)?\\s{0,4}[{:]?\\s{0,40}\\k<name>\\s{0,4}=\\s{0,4}${TEXT}`),
  // {{ .Values.name | default "text" }}, {{ env "NAME" | default "text" }}
  form(`[."]${NAME}"?\\s{0,4}\\|\\s{0,4}default\\s{1,4}${TEXT}`),
  // variable "name" { default = "text" }, and the tags of Go: env:"NAME" envDefault:"text"
  form(`\\bvariable\\s{1,4}"${NAME}"\\s{0,4}\\{[^}]{0,400}?\\bdefault\\s{0,12}=\\s{0,4}${TEXT}`),
  form(`\\benv:"${NAME}[^"\\n]{0,40}"\\s{1,4}(?:envDefault|default):${TEXT}`),
  // ${NAME:-text} of shells and compose, ${name:text} of Spring
  /\$\{(?<name>[A-Za-z_][\w.-]{1,79})(?::[-=]|[-=]|:(?![-=?+]))(?<quote>["'\\]{0,2})(?<value>[^\s{}"'`$\\]{4,512})/g,
];

/** `const { NAME = "text" } = process.env` */
const DESTRUCTURED = /\{([^{}]{1,2000})\}\s{0,4}=\s{0,4}(?:process|import\.meta|Bun|Deno)\.env\b/g;
const MEMBER = new RegExp(`(?<![\\w$.])${NAME}(?:\\s{0,2}:\\s{0,2}\\w{1,80})?\\s{0,4}=\\s{0,4}${TEXT}`, 'g');

/** What is only said where nothing is set: no value that anybody would be let in with. */
const MARKERS = [
  /example|change[-_ ]?(?:me|it|this)|placeholder|dummy|\byour\b|your[-_]|redacted|replace|insert|todo|sample|xxx|\*\*\*|\.\.\./i,
  /not[-_ ]?(?:set|configured|found|provided|available|given|used|needed|required)|missing|required|please|unset|undefined/i,
  /invalid|unknown|anonymous|disabled|optional/i,
  /^(?:none|null|true|false|test|tests|testing|local|default|empty|string|auto|yes|no|off|on|n\/a)$/i,
];
/** Passwords of databases on a developer's own machine, as their images have them. */
const LOCAL = /^(?:postgres|mysql|root|admin|guest|test|pass|app|dev|user|minioadmin|rabbitmq|sa)$/i;
const ENVIRONMENT = /env|^variable\b|config|setting|secret|\$\{|getProperty|lookup/i;

/** Values that a program takes where its secret is not set, so that everybody knows the secret of a deployment that forgot it. */
export function literalFallbacks(text: string, path: string): Leak[] {
  const isExemplary = isForExamples(path);
  const found: Leak[] = [];
  const consider = (match: RegExpMatchArray, offset: number, isEnvironment: boolean): void => {
    const { name, quoted, plain, value = '' } = match.groups ?? {};
    const called = name ?? quoted ?? plain?.replaceAll('?', '') ?? '';
    const kind = kindOf(called);
    const isKnown = isEnvironment || /^[A-Z][A-Z\d_]+$/.test(called.split(/[.:]/).at(-1) ?? '');
    if (kind === undefined || !isFallback(value, { kind, isKnown, isExemplary })) return;
    const start = offset + (match.index ?? 0) + match[0].lastIndexOf(value);
    const shown = called.slice(-60);
    found.push({ rule: 'secret-fallback', what: `a ${kind} that is taken where "${shown}" is not set`, start, end: start + value.length, name: shown });
  };
  for (const each of FORMS) {
    for (const match of text.matchAll(each)) {
      consider(match, 0, ENVIRONMENT.test(match[0].slice(0, match[0].lastIndexOf(match.groups?.['value'] ?? ''))));
    }
  }
  for (const match of text.matchAll(DESTRUCTURED)) {
    for (const member of (match[1] ?? '').matchAll(MEMBER)) consider(member, match.index + 1, true);
  }
  return found;
}

interface Taken { readonly kind: 'password' | 'token'; readonly isKnown: boolean; readonly isExemplary: boolean }

/** A weak text is no excuse here: it is what the deployment then runs with. Beside other names it must look like a secret. */
function isFallback(value: string, { kind, isKnown, isExemplary }: Taken): boolean {
  if (isExemplary) return isSurelyRandom(value);
  if (!isKnown) return kind === 'password' ? isPassword(value) : isToken(value);
  if (isReference(value) || LOCAL.test(value) || MARKERS.some((each) => each.test(value))) return false;
  if (/^[./~@#^<({[-]|:\/\//.test(value) || !/[A-Za-z]/.test(value)) return false;
  return new Set(value).size >= 4 && (kind === 'token' || value.length >= 6);
}
