import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configurationFindings, isFileOfOneEnvironment, programFindings } from './configuration.ts';

const inConfiguration = (text: string, file = 'config/app.yaml') => configurationFindings(file, text).map(({ rule, line }) => `${line} ${rule}`);
const inProgram = (text: string, file = 'src/app.ts') => programFindings(file, text).map(({ rule, line }) => `${line} ${rule}`);

test('a host in configuration is found at its line', () => {
  for (const text of ['url: https://orders.shop.io/api', 'db: postgres://db-1.shop.io:5432/orders', '"endpoint": "wss://live.shop.io"', 'host: db.prod.shop.io', 'broker=kafka.internal:9092', 'server: 10.0.3.17', 'jdbc.url=jdbc:postgresql://10.1.2.3/orders', "  upstream = 'orders.eu.shop.io:8080'", 'cache_host: cache.shop.local']) {
    assert.deepEqual(inConfiguration(`# a comment\n${text}\n`), ['2 environment-host'], text);
  }
});

test('what is no host of an environment is left alone', () => {
  for (const text of [
    'url: http://localhost:3000', 'url: http://127.0.0.1:3000', 'url: http://[::1]:3000', 'url: https://api.example.com', 'url: https://orders.test/x', 'host: 0.0.0.0', 'url: postgres://db:5432/orders', 'url: ${ORDERS_URL}',
    'url: https://${HOST}/x', 'url: https://{{ host }}/x', 'url: https://<your-host>/', '"$schema": "https://json.schemastore.org/tsconfig"', '$id: https://schemas.shop.io/order.json', 'homepage: https://shop.io', '# see https://shop.io/docs',
    'xmlns: http://maven.apache.org/POM/4.0.0', 'version: 10.0.3.17', 'main: index.server.js', 'server: nginx.conf', 'timeout: 3.5', 'files: src/app.module.ts', 'subnet: 203.0.113.7', 'package: com.shop.orders', 'serverPort: 8080',
  ]) assert.deepEqual(inConfiguration(`${text}\n`), [], text);
  assert.deepEqual(inConfiguration('<beans xmlns="http://www.springframework.org/schema/beans"\n  xsi:schemaLocation="http://www.springframework.org/schema/beans https://www.springframework.org/schema/beans/spring-beans.xsd">\n', 'src/main/resources/beans.xml'), []);
  assert.deepEqual(inConfiguration('{\n  "info": {\n    "contact": {\n      "url": "https://shop.io/help"\n    },\n    "license": { "url": "https://shop.io/l" }\n  },\n  "servers": [\n    { "url": "/api" }\n  ]\n}', 'openapi.json'), []);
});

test('a server of an OpenAPI document is a host', () => {
  assert.deepEqual(inConfiguration('openapi: 3.1.0\nservers:\n  - url: https://orders.shop.io/v1\n', 'openapi.yaml'), ['3 environment-host']);
});

test('a credential in configuration is found, and not told', () => {
  for (const text of ['url: postgres://orders:hunter22@db.shop.io/orders', 'db: "Server=db;Database=o;User Id=sa;Password=Hunter22x"', 'storage: "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=abcd1234efgh=="', 'apiKey: k3y9f8a7b6c5', '"clientSecret": "s8dfh2kdj3"', 'smtp.password=hunter22']) {
    const [finding] = configurationFindings('config/app.yaml', `a: 1\n${text}\n`);
    assert.deepEqual([finding?.rule, finding?.line], ['environment-credential', 2], text);
    assert.doesNotMatch(JSON.stringify(finding), /hunter22|abcd1234|k3y9f8|s8dfh2/i, text);
  }
  for (const text of ['url: postgres://postgres:postgres@localhost:5432/dev', 'password: ${DB_PASSWORD}', 'password: changeme', 'apiKey: API_KEY', 'tokenLifetime: 3600', 'token: /run/secrets/token', 'password: ""', 'secret: vault:orders/key1', 'passwordMinLength: 12', 'password: { type: string, minLength: 12 }', 'password: Password']) assert.deepEqual(inConfiguration(`${text}\n`), [], text);
});

test('a section for one environment is a switch', () => {
  assert.deepEqual(inConfiguration('port: 80\nproduction:\n  port: 443\n'), ['2 environment-switch']);
  assert.deepEqual(inConfiguration('{\n  "beta": {\n    "x": 1\n  },\n  "gamma": {\n    "x": 2\n  }\n}', 'config/app.json'), ['2 environment-switch', '5 environment-switch']);
  assert.deepEqual(inConfiguration('[env.staging]\nname = "x"\n', 'config/app.toml'), ['1 environment-switch']);
  assert.deepEqual(inConfiguration('%prod.quarkus.port=80\n', 'src/main/resources/application.properties'), ['1 environment-switch']);
  assert.deepEqual(inConfiguration('spring:\n  config:\n    activate:\n      on-profile: prod\n'), ['4 environment-switch']);
});

test('words that only look like an environment are no switch', () => {
  for (const text of ['gamma: 2.2', 'beta:\n  enabled: true', 'stage: 3', 'production: true', 'test:\n  unit: 1\nintegration:\n  x: 1', 'live:\n  reload: true', 'products:\n  - a', 'product:\n  name: x']) assert.deepEqual(inConfiguration(`${text}\n`), [], text);
  assert.deepEqual(inConfiguration('module.exports = { env: {\n  production: {\n    plugins: [] } } };', 'babel.config.js'), [], 'how a tool builds is nobody\'s environment');
});

test('the name of a file can say that it belongs to one environment', () => {
  for (const file of ['.env', '.env.production', 'config/production.json', 'application-prod.properties', 'appsettings.Staging.json', 'deep/er/.env.local']) assert.ok(isFileOfOneEnvironment(file), file);
  for (const file of ['.env.example', '.env.production.example', 'config/app.prod.yaml', 'src/production.ts', 'config/products.json', 'src/beta.html', '.envrc']) assert.ok(!isFileOfOneEnvironment(file), file);
});

test('asking a program\'s environment for its name is a switch, in each language', () => {
  for (const [text, file] of [
    ["if (process.env.NODE_ENV === 'production') start();", 'a.ts'], ["const isProd = process.env['NODE_ENV'] !== \"production\";", 'a.js'], ["if (env === 'prod') {", 'a.ts'], ["if ('staging' === config.environment) {", 'a.ts'],
    ["if (['prod', 'staging'].includes(process.env.STAGE)) {", 'a.ts'], ['const settings = all[process.env.NODE_ENV];', 'a.ts'], ['const x = require(`./config.${process.env.APP_ENV}.json`);', 'a.js'],
    ['if os.environ["ENV"] == "production":', 'a.py'], ["if os.environ.get('APP_ENV', 'dev') == 'prod':", 'a.py'], ['if os.getenv("ENVIRONMENT") in ("prod", "staging"):', 'a.py'],
    ['if ("prod".equals(System.getenv("ENV"))) {', 'A.java'], ['if (environment.equals("production")) {', 'A.java'], ['@Profile("prod")', 'A.java'], ['if os.Getenv("ENV") == "prod" {', 'a.go'], ['if Rails.env.production?', 'a.rb'], ['if (app.Environment.IsProduction()) {', 'A.cs'],
  ] as const) assert.deepEqual(inProgram(`\n${text}\n`, `src/${file}`), ['2 environment-switch'], text);
  assert.deepEqual(inProgram("\nswitch (process.env.STAGE) {\n  case 'dev': break;\n  case 'prod': break;\n}"), ['2 environment-switch']);
});

test('a program that only speaks of environments, or asks whether it is tested, is left alone', () => {
  for (const text of [
    "if (process.env.NODE_ENV === 'test') mock();", "if (process.env.NODE_ENV !== 'development') x();", "// if (env === 'prod')", "if (stage === 'prod') next();", "log('env === \"prod\"');", "const stages = ['beta', 'gamma', 'prod'];", "if (name === 'production') {", "case 'prod': return 1;", "type Stage = 'beta' | 'prod';", "if (process.env.PORT === '80') {", "if (user.stage === 'live') {", "const environment = 'prod';",
  ]) assert.deepEqual(inProgram(text), [], text);
});

test('a host of one environment in a program is found; what others offer to all, and what is only told, is not', () => {
  for (const text of ["fetch('https://orders.prod.shop.io/x')", 'const db = "postgres://10.0.3.17/orders"', 'const q = `amqp://queue.internal`', "const bucket = 'https://shop-1.s3.eu-west-1.amazonaws.com'"]) assert.deepEqual(inProgram(text), ['1 environment-host'], text);
  assert.deepEqual(inProgram("connect('postgres://orders:hunter22@db.shop.io/orders')"), ['1 environment-credential']);
  for (const text of ["fetch('https://api.stripe.com/v1')", "throw new Error('see https://docs.prod.shop.io')", "const ns = 'http://www.w3.org/2000/svg'", 'listen("http://127.0.0.1:80")', "fetch(`https://${host}/x`)", "const dev = 'postgres://postgres:postgres@localhost/dev'", '// https://orders.prod.shop.io']) assert.deepEqual(inProgram(text), [], text);
});

test('a file made to take for ever is read like any other', () => {
  const hostile = ['"\\'.repeat(200_000), '`\\`'.repeat(200_000), '/*'.repeat(300_000), '<!--'.repeat(200_000), '\n'.repeat(500_000), '://'.repeat(300_000), 'a'.repeat(900_000), '"""'.repeat(200_001), `${'env.'.repeat(400)}\n`.repeat(500), `${"['prod'".repeat(280)}\n`.repeat(400)];
  const began = process.cpuUsage();
  for (const text of hostile) {
    for (const file of ['src/a.ts', 'src/a.py', 'src/a.vue']) programFindings(file, text);
    for (const file of ['config/a.json', 'config/a.yaml', 'config/a.xml', 'config/a.toml']) configurationFindings(file, text);
  }
  const { user } = process.cpuUsage(began);
  assert.ok(user < 20_000_000, `it took ${user / 1_000} ms of processor time`);
});
