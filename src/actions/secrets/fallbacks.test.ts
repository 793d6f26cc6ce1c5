import assert from 'node:assert/strict';
import { test } from 'node:test';
import { literalFallbacks } from './fallbacks.ts';

/** Put together here, so that no scanner takes this file for a leak. */
const weak = 'super' + 'Secret';
const taken = (text: string, path = 'src/app.ts'): readonly string[] => literalFallbacks(text, path).map(({ start, end }) => text.slice(start, end));

const FLAWED: readonly string[] = [
  `const s = process.env.JWT_SECRET || "${weak}";`, `x = process.env["JWT_SECRET"] ?? '${weak}'`, `process.env.JWT_SECRET\n  || "${weak}"`, `const { PORT = '80', JWT_SECRET = "${weak}" } = process.env`,
  `process.env.JWT_SECRET ? process.env.JWT_SECRET : "${weak}"`, `import.meta.env.VITE_API_KEY || "${weak}"`, `Deno.env.get("JWT_SECRET") ?? "${weak}"`, `this.config.get<string>('JWT_SECRET', '${weak}')`,
  `JWT_SECRET: z.string().min(8).default("${weak}")`, `JWT_SECRET: str({ default: "${weak}" })`, `if (!config.secret) config.secret = "${weak}"`,
  `os.environ.get("SECRET_KEY", "${weak}")`, `os.getenv('API_KEY') or '${weak}'`, `os.environ.get('DB_PASSWORD', default='${weak}')`, `SECRET_KEY = config("SECRET_KEY", default="${weak}")`, `os.environ["A_TOKEN"] if "A_TOKEN" in os.environ else "${weak}"`,
  `os.environ.setdefault("SECRET_KEY", "${weak}")`, `\${JWT_SECRET:-${weak}}`, `: "\${JWT_SECRET:="${weak}"}"`, `POSTGRES_PASSWORD: \${POSTGRES_PASSWORD:-${weak}}`, `\${JWT_SECRET-${weak}}`,
  `@Value("\${jwt.secret:${weak}}")`, `secret: \${JWT_SECRET:${weak}}`, `System.getenv().getOrDefault("JWT_SECRET", "${weak}")`, `Optional.ofNullable(System.getenv("JWT_SECRET")).orElse("${weak}")`, `System.getenv("JWT_SECRET") ?: "${weak}"`,
  `getEnv("JWT_SECRET", "${weak}")`, `cmp.Or(os.Getenv("JWT_SECRET"), "${weak}")`, `viper.SetDefault("jwt_secret", "${weak}")`, `secret := os.Getenv("JWT_SECRET")\nif secret == "" {\n\tsecret = "${weak}"\n}`,
  `Secret string \`env:"JWT_SECRET" envDefault:"${weak}"\``, `ENV.fetch("JWT_SECRET", "${weak}")`, `ENV.fetch("JWT_SECRET") { "${weak}" }`, `ENV["JWT_SECRET"] || "${weak}"`, `env('JWT_SECRET', '${weak}')`, `$_ENV['JWT_SECRET'] ?? '${weak}'`,
  `Environment.GetEnvironmentVariable("JWT_SECRET") ?? "${weak}"`, `env::var("JWT_SECRET").unwrap_or_else(|_| "${weak}".to_string())`, `System.get_env("JWT_SECRET") || "${weak}"`,
  `{{ .Values.jwtSecret | default "${weak}" }}`, `variable "db_password" {\n  type    = string\n  default = "${weak}"\n}`,
];

const INNOCENT: readonly string[] = [
  'process.env.JWT_SECRET || ""', 'process.env.API_KEY || "changeme"', 'process.env.API_KEY || "your-api-key"', 'process.env.PASSWORD_LABEL || "Password"', 'process.env.TOKEN ?? null', 'process.env.PORT || "eighty"',
  '${JWT_SECRET:?must be set}', '${JWT_SECRET:-$OTHER}', '${TOKEN_FILE:-/run/x}', '${POSTGRES_PASSWORD:-postgres}', '${password:4:10}', "opts.token ?? 'anonymousx'", "form.password || 'Required field'", 't("password", "Password please")',
  'localStorage.getItem("token") || "nothing"', 'os.environ.get("PUBLIC_KEY_PATH", "/etc/key")', 'headers.get("token", "nobody")', 'os.environ.get("SECRET_NAME", "orders/db")', "errors.password || 'mismatch'",
  'type === "password" ? "text" : "password"', "show.password ? 'text1' : 'password1'", 'process.env.API_TOKEN || "not configured"',
];

for (const text of FLAWED) test(`a secret that is taken where none is set is found: ${text.replace(weak, '…').split('\n').join(' ')}`, () => assert.deepEqual([...new Set(taken(text))], [weak]));
for (const text of INNOCENT) test(`what only looks like it is let be: ${text}`, () => assert.deepEqual(taken(text), []));

test('in tests, examples and documentation only what nobody writes by hand counts', () => {
  assert.deepEqual(taken(`process.env.JWT_SECRET || "${weak}"`, 'src/app.test.ts'), []);
  assert.equal(taken(`process.env.JWT_SECRET || "${'k3VdZq8TnP1wYb6' + 'JrX0sLmE7uGhC4oAf9iQ2Nt'}"`, 'docs/a.md').length, 1);
});
