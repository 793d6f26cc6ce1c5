import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scan } from './scan.ts';
import type { RuleId } from './rules.ts';

/** Rules that are told of, in files by their names; a text alone is `app.js`. */
function told(code: string | { readonly [path: string]: string }): readonly string[] {
  const files = typeof code === 'string' ? { 'app.js': code } : code;
  return scan(Object.entries(files).map(([path, text]) => ({ path, text }))).found.filter(({ severity }) => severity !== 'low').map(({ rule }) => rule);
}

const EXEC = "const { exec, spawn, execFile } = require('child_process');\n";
const APP = "const express = require('express');\nconst app = express();\n";
const FS = "const fs = require('fs');\nconst path = require('path');\nconst root = '/srv';\n";
const handler = (body: string): string => `app.get('/', async (req, res) => { ${body} });`;

/** By rule: what is dangerous, and what looks like it and is not. */
const twins: { readonly [rule in RuleId]: { readonly flawed: readonly string[]; readonly safe: readonly string[] } } = {
  'sql-injection': {
    flawed: [
      `${APP}const db = require('pg'); ${handler("await db.query('SELECT * FROM a WHERE b = ' + req.query.b)")}`,
      `${APP}${handler('const { b } = req.body; await pool.query(`SELECT * FROM a WHERE b = \'${b}\'`)')}`,
      `${APP}${handler("let q = 'SELECT * FROM a'; if (req.query.o) { q += ' ORDER BY ' + req.query.o; } await pool.query(q)")}`,
      `${APP}${handler("const q = ['SELECT * FROM a WHERE b =', req.params.b].join(' '); connection.query(q, (e, rows) => {})")}`,
      `${APP}${handler("const s = { text: 'DELETE FROM a WHERE b = ' + req.params.b }; await client.query(s)")}`,
      `${APP}${handler("knex('a').whereRaw('b = ' + req.query.b)")}`,
      `${APP}class Store { constructor(db) { this.db = db; } find(b) { return this.db.all('SELECT * FROM a WHERE b = \\'' + b + '\\''); } }\nconst store = new Store(open()); ${handler('res.json(await store.find(req.query.b))')}`,
      `${APP}const where = (b) => 'WHERE b = ' + b; ${handler("await pool.query('SELECT * FROM a ' + where(req.query.b))")}`,
    ],
    safe: [
      `${APP}${handler("await pool.query('SELECT * FROM a WHERE b = $1', [req.query.b])")}`,
      `${APP}${handler('await sql`SELECT * FROM a WHERE b = ${req.query.b}`')}`,
      `${APP}${handler("await pool.query('SELECT * FROM a LIMIT ' + Number(req.query.n))")}`,
      `${APP}const ORDERS = ['b', 'c']; ${handler("const { o } = req.query; if (!ORDERS.includes(o)) return res.sendStatus(400); await pool.query('SELECT * FROM a ORDER BY ' + o)")}`,
      `${APP}const ORDERS = { b: 'b', c: 'c DESC' }; ${handler('await pool.query(`SELECT * FROM a ORDER BY ${ORDERS[req.query.o] ?? ORDERS.b}`)')}`,
      `${APP}${handler("const { id } = req.params; if (!/^[0-9a-f]+$/.test(id)) throw new Error(); await pool.query(`SELECT * FROM a WHERE id = '${id}'`)")}`,
      `${APP}${handler("const order = req.query.o === 'up' ? 'ASC' : 'DESC'; await pool.query('SELECT * FROM a ORDER BY b ' + order)")}`,
      `${APP}const z = require('zod'); const shape = z.object({ n: z.number() }); ${handler("const { n } = shape.parse(req.query); await pool.query('SELECT * FROM a LIMIT ' + n)")}`,
      `${APP}const COLUMNS = 'a, b'; ${handler('await pool.query(`SELECT ${COLUMNS} FROM a WHERE b = $1`, [req.query.b])')}`,
      `${APP}${handler("await pool.query('SELECT * FROM a WHERE b = ' + pool.escape(req.query.b))")}`,
    ],
  },
  'command-injection': {
    flawed: [
      `${EXEC}${APP}${handler("exec('ls ' + req.query.dir)")}`,
      `${EXEC}${APP}${handler("spawn('sh', ['-c', 'ls ' + req.query.dir])")}`,
      `${EXEC}${APP}${handler("spawn('ls', [req.query.dir], { shell: true })")}`,
      `${EXEC}const { promisify } = require('util'); const run = promisify(exec); ${APP}${handler('await run(`ls ${req.body.dir}`)')}`,
      "import * as cp from 'node:child_process';\nimport { createServer } from 'node:http';\ncreateServer((incoming, outgoing) => { const { searchParams } = new URL(incoming.url, 'http://x'); cp.execSync('ping ' + searchParams.get('host')); });",
      `${EXEC}const { WebSocketServer } = require('ws'); new WebSocketServer({}).on('connection', (socket) => socket.on('message', (text) => exec('say ' + text)));`,
      `${EXEC}${APP}function list(dir, done) { exec('ls ' + dir, done); } ${handler('list(req.query.dir, () => res.end())')}`,
      `${EXEC}${APP}${handler("[req.query.dir].forEach((dir) => exec('ls ' + dir))")}`,
      `${EXEC}${APP}${handler("Promise.resolve(req.query.dir).then((dir) => exec('ls ' + dir))")}`,
      `${EXEC}${APP}${handler("const options = {}; options.dir = req.query.dir; exec('ls ' + options.dir)")}`,
    ],
    safe: [
      `${EXEC}${APP}${handler("execFile('ls', [req.query.dir])")}`,
      `${EXEC}${APP}${handler("spawn('ls', ['--', req.query.dir], { shell: false })")}`,
      `${EXEC}${APP}${handler("exec('ls ' + parseInt(req.query.n, 10))")}`,
      `${EXEC}${APP}${handler("const m = /a(b)/.exec(req.query.dir)")}`,
      `${EXEC}${APP}const { quote } = require('shell-quote'); ${handler("exec('ls ' + quote([req.query.dir]))")}`,
      `${EXEC}${APP}const isName = (text) => /^[a-z]+$/.test(text); ${handler("if (isName(req.query.dir)) exec('ls ' + req.query.dir)")}`,
      `${EXEC}${APP}function check(dir) { if (!/^\\w+$/.test(dir)) throw new Error('no'); } ${handler("const dir = req.query.dir; check(dir); exec('ls ' + dir)")}`,
      `${EXEC}${APP}${handler("switch (req.query.dir) { case 'a': case 'b': exec('ls ' + 'a'); break; }")}`,
      `${EXEC}${APP}${handler("const dir = req.query.dir.replace(/[^a-z]/g, ''); exec('ls ' + dir)")}`,
      `${EXEC}const path = require('path'); exec('node ' + path.join(__dirname, 'a.js'));`,
    ],
  },
  'code-injection': {
    flawed: [`${APP}${handler('eval(req.body.code)')}`, `${APP}${handler("new Function('x', 'return ' + req.query.f)")}`, `const vm = require('vm'); ${APP}${handler('vm.runInNewContext(req.body.code, {})')}`, `${APP}const _ = require('lodash'); ${handler('_.template(req.query.t)()')}`, `${APP}${handler("setTimeout('go(' + req.query.n + ')', 10)")}`],
    safe: [`${APP}${handler('JSON.parse(req.body.code)')}`, `${APP}${handler('setTimeout(() => req.query.n, 10)')}`, `${APP}const fns = { a() {} }; ${handler('if (Object.hasOwn(fns, req.query.f)) fns[req.query.f]()')}`, "eval('1 + 1');"],
  },
  'unsafe-deserialisation': {
    flawed: [`${APP}const s = require('node-serialize'); ${handler('s.unserialize(req.cookies.profile)')}`, `function deserialize(text) { return eval('(' + text + ')'); } ${APP}${handler("deserialize('x' + req.body)")}`],
    safe: [`${APP}${handler('JSON.parse(req.cookies.profile)')}`, `${APP}const yaml = require('js-yaml'); ${handler('yaml.load(req.body)')}`, `${APP}const yaml = require('js-yaml'); ${handler('yaml.safeLoad(req.body)')}`],
  },
  xss: {
    flawed: [
      `${APP}${handler("res.send('<h1>' + req.query.name + '</h1>')")}`, `${APP}${handler('res.send(`Hello ${req.query.name}`)')}`,
      "require('http').createServer((req, res) => { res.writeHead(200, { 'Content-Type': 'text/html' }); res.end('not found: ' + req.url); });",
      "document.getElementById('a').innerHTML = location.hash.slice(1);", "document.write('<b>' + new URLSearchParams(location.search).get('q') + '</b>');",
      'const Page = () => <div dangerouslySetInnerHTML={{ __html: window.location.hash }} />;',
    ],
    safe: [
      `${APP}const escape = require('escape-html'); ${handler("res.send('<h1>' + escape(req.query.name) + '</h1>')")}`, `${APP}${handler('res.json({ name: req.query.name })')}`,
      `${APP}${handler("res.type('text/plain'); res.send('Hello ' + req.query.name)")}`, `${APP}${handler("res.send('<p>' + Number(req.query.n) + '</p>')")}`,
      "document.getElementById('a').textContent = location.hash.slice(1);", "const clean = (t) => t.replace(/[&<>\"']/g, (c) => '&#' + c.charCodeAt(0) + ';'); document.body.innerHTML = '<b>' + clean(location.hash) + '</b>';",
      'const Page = ({ name }) => <div>{name}</div>;',
    ],
  },
  xxe: {
    flawed: [`${APP}const libxml = require('libxmljs'); ${handler('libxml.parseXml(req.body, { noent: true })')}`, `import libxml from 'libxmljs2';\n${APP}${handler('libxml.parseXmlString(req.body.toString(), { noblanks: true, noent: true, nocdata: true })')}`],
    safe: [`${APP}const libxml = require('libxmljs'); ${handler('libxml.parseXml(req.body)')}`, `${APP}const libxml = require('libxmljs'); ${handler('libxml.parseXml(req.body, { noent: false })')}`, "const libxml = require('libxmljs'); libxml.parseXml('<a/>', { noent: true });"],
  },
  'path-traversal': {
    flawed: [
      `${FS}${APP}${handler('fs.readFile(path.join(root, req.params.name), () => {})')}`, `${FS}${APP}${handler('res.sendFile(root + req.query.name)')}`,
      `${FS}require('http').createServer((req, res) => { fs.createReadStream(root + decodeURIComponent(req.url)).pipe(res); });`,
      `${FS}const unzip = require('unzip'); fs.createReadStream('a.zip').pipe(unzip.Parse()).on('entry', (entry) => { entry.pipe(fs.createWriteStream(path.join(root, entry.path))); });`,
      `${FS}${APP}async function read(name) { return fs.promises.readFile(\`\${root}/\${name}\`); } ${handler('res.end(await read(req.query.name))')}`,
    ],
    safe: [
      `${FS}${APP}${handler('fs.readFile(path.join(root, path.basename(req.params.name)), () => {})')}`,
      `${FS}${APP}${handler("const full = path.resolve(root, req.params.name); if (!full.startsWith(root + path.sep)) return res.sendStatus(404); fs.readFile(full, () => {})")}`,
      `${FS}${APP}${handler("if (req.params.name.includes('..')) return res.sendStatus(404); fs.readFile(path.join(root, req.params.name), () => {})")}`,
      `${FS}${APP}${handler("const full = path.join(root, req.params.name); if (full.indexOf(root) !== 0) { res.end(); return; } fs.readFile(full, () => {})")}`,
      `${APP}${handler("res.sendFile(req.params.name, { root: '/srv' })")}`, `${FS}${APP}const pages = new Map([['a', 'a.html']]); ${handler('const page = pages.get(req.params.name); if (page) fs.readFile(page, () => {})')}`,
    ],
  },
  ssrf: {
    flawed: [`${APP}${handler('await fetch(req.query.url)')}`, `const axios = require('axios'); ${APP}${handler("await axios.get('http://' + req.body.host + '/status')")}`],
    safe: [`${APP}${handler("await fetch('https://api.example.com/v1/' + encodeURIComponent(req.query.id))")}`, `${APP}const HOSTS = new Set(['a.example.com']); ${handler("const { host } = req.query; if (!HOSTS.has(host)) return; await fetch('https://' + host)")}`],
  },
  'open-redirect': {
    flawed: [`${APP}${handler('res.redirect(req.query.next)')}`, "require('http').createServer((req, res) => { const { query } = require('url').parse(req.url, true); res.setHeader('Location', query.next); });"],
    safe: [`${APP}${handler("res.redirect('/home')")}`, `${APP}${handler("res.redirect('/search?q=' + req.query.q)")}`, `${APP}const OK = ['/a', '/b']; ${handler("res.redirect(OK.includes(req.query.next) ? req.query.next : '/')")}`],
  },
  'prototype-pollution': {
    flawed: [
      `${APP}function merge(to, from) { for (const key in from) { if (typeof from[key] === 'object') merge(to[key], from[key]); else to[key] = from[key]; } return to; } ${handler('merge({}, JSON.parse(req.body))')}`,
      `${APP}function set(object, path, value) { let at = object; const keys = path.split('.'); while (keys.length > 1) { const key = keys.shift(); at = at[key] = at[key] || {}; } at[keys[0]] = value; } ${handler('set({}, req.query.path, req.query.value)')}`,
      `${APP}const table = {}; ${handler('table[req.body.a][req.body.b] = req.body.c')}`,
    ],
    safe: [
      `${APP}function merge(to, from) { for (const key of Object.keys(from)) { if (key === '__proto__' || key === 'constructor') continue; if (typeof from[key] === 'object') merge(to[key], from[key]); else to[key] = from[key]; } } ${handler('merge({}, JSON.parse(req.body))')}`,
      `${APP}${handler('const copy = {}; for (const key of Object.keys(req.query)) copy[key] = req.query[key]')}`, 'const grid = []; for (let i = 0; i < 3; i += 1) { grid[i] = []; for (let j = 0; j < 3; j += 1) grid[i][j] = 0; }',
    ],
  },
  'nosql-injection': {
    flawed: [
      `${APP}${handler("const user = await User.findOne({ email: req.body.email, password: req.body.password })")}`,
      `${APP}${handler('await users.find(req.body).toArray()')}`,
      `${APP}${handler("const { token } = req.query; await db.collection('users').updateOne({ token }, { $set: { a: 1 } })")}`,
      `${APP}${handler("await User.find({ $or: [{ name: req.body.name }, { a: 1 }] })")}`,
      `${APP}const byName = (name) => User.findOne({ name }); ${handler('res.json(await byName(req.body.name))')}`,
    ],
    safe: [
      `${APP}${handler('await User.findOne({ email: String(req.body.email) })')}`, `${APP}${handler('await User.findOne({ email: { $eq: req.body.email } })')}`,
      `${APP}${handler("if (typeof req.body.email !== 'string') return res.sendStatus(400); await User.findOne({ email: req.body.email })")}`,
      `${APP}${handler('await User.findOne({ slug: req.params.slug })')}`, `${APP}const z = require('zod'); const shape = z.object({ name: z.string() }); ${handler('const { name } = shape.parse(req.body); await User.findOne({ name })')}`,
      `${APP}const { ObjectId } = require('mongodb'); ${handler('await orders.findOne({ _id: new ObjectId(req.body.id) })')}`, `${APP}${handler('await User.findOne({ name: `${req.body.name}` })')}`,
      `${APP}${handler('[1, 2].find((n) => n === req.body.n)')}`, `${APP}${handler("await User.create({ name: req.body.name })")}`,
    ],
  },
  'nosql-script': {
    flawed: [
      `${APP}${handler('await users.find({ $where: `this.name === "${req.params.name}"` })')}`, `${APP}${handler("await User.$where('this.n > ' + req.query.n)")}`,
      `${APP}${handler("const filter = {}; filter.$where = 'this.a == ' + req.query.a; await users.find(filter)")}`,
    ],
    safe: [`${APP}${handler("await users.find({ $where: 'this.a > this.b' })")}`, `${APP}${handler("await users.find({ $where: 'this.n > ' + Number(req.query.n) })")}`],
  },
  'log-injection': {
    flawed: [`${APP}${handler("console.log('search for ' + req.query.q)")}`, `${APP}const logger = require('winston'); ${handler('logger.info(`login of ${req.body.name}`)')}`, `${APP}${handler("console.error('no such user', req.body.name)")}`],
    safe: [
      `${APP}${handler('console.log(JSON.stringify({ q: req.query.q }))')}`, `${APP}const log = require('pino')(); ${handler('log.info(`login of ${req.body.name}`)')}`, `${APP}${handler("console.log('search for ' + req.query.q.replace(/[\\r\\n]/g, ' '))")}`,
      `${APP}${handler("console.log('page', Number(req.query.n))")}`, `${APP}${handler("console.log('GET ' + req.url)")}`, `${APP}${handler("console.log('from %j', req.body.name)")}`, `${APP}${handler('console.log({ q: req.query.q })')}`, "console.log(process.argv[2]);",
    ],
  },
  'pattern-injection': {
    flawed: [`${APP}${handler("const found = names.filter((name) => new RegExp(req.query.q, 'i').test(name))")}`, `${APP}${handler("const pattern = RegExp('^' + req.body.prefix)")}`],
    safe: [
      `${APP}const escapeRegExp = require('lodash').escapeRegExp; ${handler('new RegExp(escapeRegExp(req.query.q))')}`, `${APP}${handler("new RegExp(req.query.q.replace(/[.*+?^${}()|[\\]\\\\]/g, '\\\\$&'))")}`,
      `${APP}${handler('new RegExp(RegExp.escape(req.query.q))')}`, `${APP}${handler("if (!/^\\w+$/.test(req.query.q)) return; new RegExp(req.query.q)")}`, "new RegExp('^a' + process.argv[2]);",
    ],
  },
  'slow-pattern': {
    flawed: [
      `${APP}${handler('if (/^(a+)+$/.test(req.query.q)) res.end()')}`, `${APP}const EMAIL = /^([a-z0-9]+[.]?)*@x$/; ${handler('req.body.email.match(EMAIL)')}`, `${APP}${handler("req.body.text.replace(/(\\w+\\s?)*!/g, '')")}`,
      `${APP}const isName = (text) => /^(\\d|\\w)*$/.test(text); ${handler('isName(req.headers.name)')}`,
    ],
    safe: [
      `${APP}${handler('if (/^a+$/.test(req.query.q)) res.end()')}`, `${APP}${handler('if (req.query.q.length > 100) return; /^(a+)+$/.test(req.query.q)')}`, `${APP}${handler('/^(a+)+$/.test(req.query.q.slice(0, 50))')}`, "/^(a+)+$/.test(process.env.A);", '/^(a+)+$/.test(location.hash);',
    ],
  },
  'quadratic-pattern': {
    flawed: [`${APP}${handler("req.body.text.replace(/\\s+$/, '')")}`, `${APP}${handler('/<!--.*-->/.test(req.body.text)')}`],
    safe: [`${APP}${handler('req.body.text.trim()')}`, `${APP}${handler("req.body.text.replace(/^\\s+/, '')")}`, `${APP}${handler("if (req.body.text.length < 1000) req.body.text.replace(/\\s+$/, '')")}`],
  },
  'missing-csrf-protection': {
    flawed: [
      `${APP}const session = require('express-session'); app.use(session({ secret: process.env.S, cookie: { secure: true } })); app.post('/pay', (req, res) => res.end());`,
      `${APP}app.post('/login', (req, res) => { res.cookie('session', make(), { httpOnly: true }); res.end(); });`,
      `import session from 'express-session';\nimport { Router } from 'express';\nconst router = Router(); router.use(session({ secret: process.env.S, cookie: { sameSite: 'none' } })); router.delete('/a', (req, res) => res.end());`,
    ],
    safe: [
      `${APP}const session = require('express-session'); app.use(session({ secret: process.env.S, cookie: { sameSite: 'lax' } })); app.post('/pay', (req, res) => res.end());`,
      `${APP}const session = require('express-session'); const csrf = require('csurf'); app.use(session({ secret: process.env.S })); app.use(csrf()); app.post('/pay', (req, res) => res.end());`,
      `${APP}const session = require('express-session'); app.use(session({ secret: process.env.S })); app.get('/', (req, res) => res.end());`,
      `${APP}app.post('/login', (req, res) => { res.cookie('theme', 'dark'); res.end(); });`, `${APP}app.post('/pay', (req, res) => res.end());`,
    ],
  },
  'insecure-object-reference': {
    flawed: [
      `${APP}${handler('res.json(await Order.find({ userId: req.params.userId }))')}`, `${APP}${handler("res.json(await pool.query('SELECT * FROM orders WHERE user_id = $1', [req.query.userId]))")}`,
      `${APP}${handler('res.json(await User.findById(Number(req.params.userId)))')}`, `${APP}app.get('/', requireLogin, async (req, res) => { const { accountId } = req.params; res.json(await accounts.findOne({ where: { accountId } })); });`,
    ],
    safe: [
      `${APP}${handler('res.json(await Order.find({ userId: req.user.id }))')}`, `${APP}${handler('if (req.params.userId !== req.user.id) return res.sendStatus(403); res.json(await Order.find({ userId: req.params.userId }))')}`,
      `${APP}app.get('/', requireOwner, async (req, res) => { res.json(await Order.find({ userId: req.params.userId })); });`, `${APP}${handler('res.json(await Product.findById(req.params.productId))')}`,
      `${APP}${handler("res.json(await pool.query('SELECT * FROM orders WHERE id = $1 AND user_id = $2', [req.query.id, owner]))")}`, `${APP}${handler('res.json(await Order.find({ kind: req.params.kind }))')}`,
    ],
  },
  'escaping-off': {
    flawed: [
      "const nunjucks = require('nunjucks'); nunjucks.configure('views', { autoescape: false });", "const Handlebars = require('handlebars'); Handlebars.compile(text, { noEscape: true });",
      "import Mustache from 'mustache';\nMustache.escape = (text) => text;", "const { Eta } = require('eta'); new Eta({ autoEscape: false });",
    ],
    safe: ["const nunjucks = require('nunjucks'); nunjucks.configure('views', { autoescape: true });", "const Handlebars = require('handlebars'); Handlebars.compile(text);", "import Mustache from 'mustache';\nMustache.escape = escapeHtml;", "configure({ autoescape: false });"],
  },
  'literal-key': {
    flawed: [
      "require('jsonwebtoken').sign({ id }, 'abc123');", "const jwt = require('jsonwebtoken'); const KEY = process.env.KEY || 'abc123'; jwt.verify(token, KEY);", "const crypto = require('crypto'); crypto.createHmac('sha256', 'abc123').update(body);",
      "const crypto = require('crypto'); crypto.createCipheriv('aes-256-gcm', Buffer.from('0123456789abcdef0123456789abcdef'), nonce);", "const session = require('express-session'); session({ secret: 'keyboard cat' });",
      "const cookieSession = require('cookie-session'); cookieSession({ keys: ['k1'] });", "import CryptoJS from 'crypto-js';\nCryptoJS.AES.encrypt(text, 'abc123');",
    ],
    safe: [
      "require('jsonwebtoken').sign({ id }, process.env.KEY);", "require('jsonwebtoken').verify(token, `-----BEGIN PUBLIC KEY-----\nMFkw`, { algorithms: ['ES256'] });", "const crypto = require('crypto'); crypto.createHmac('sha256', key).update('Client Key');",
      "const session = require('express-session'); session({ secret: config.secret });", "const crypto = require('crypto'); crypto.createHmac('sha256', 'AWS4' + key);",
    ],
  },
  'weak-hash': {
    flawed: ["const { createHash } = require('crypto'); const hashed = (password) => createHash('md5').update(password).digest('hex');", "const crypto = require('crypto'); const ALGORITHM = 'sha1'; const signature = crypto.createHash(ALGORITHM).update(body + key).digest('hex');"],
    safe: ["const { createHash } = require('crypto'); const etag = createHash('md5').update(body).digest('hex');", "const { createHash } = require('crypto'); const tokenDigest = createHash('sha256').update(token).digest();"],
  },
  'weak-cipher': {
    flawed: ["const crypto = require('crypto'); crypto.createCipher('aes-256-cbc', key);", "import { createCipheriv } from 'node:crypto'; createCipheriv('des-ede3-cbc', key, iv);", "const crypto = require('crypto'); crypto.createCipheriv('aes-128-ecb', key, null);", "require('jsonwebtoken').verify(token, key, { algorithms: ['none'] });"],
    safe: ["const crypto = require('crypto'); crypto.createCipheriv('aes-256-gcm', key, crypto.randomBytes(12));", "require('jsonwebtoken').verify(token, key, { algorithms: ['RS256'] });"],
  },
  'weak-random': {
    flawed: ['const token = Math.random().toString(36).slice(2);', 'function resetPasswordCode() { return Math.floor(Math.random() * 1e6); }'],
    safe: ['const delay = 100 * Math.random();', 'const colour = colours[Math.floor(Math.random() * colours.length)];', "const token = require('crypto').randomBytes(16).toString('hex');"],
  },
  'weak-key': {
    flawed: ["const { generateKeyPairSync } = require('crypto'); generateKeyPairSync('rsa', { modulusLength: 1024 });", "const crypto = require('crypto'); crypto.pbkdf2Sync(password, salt, 1000, 32, 'sha256');"],
    safe: ["const { generateKeyPairSync } = require('crypto'); generateKeyPairSync('rsa', { modulusLength: 3072 });", "const crypto = require('crypto'); crypto.pbkdf2Sync(password, salt, 600_000, 32, 'sha256');"],
  },
  'weak-transport': {
    flawed: ["const https = require('https'); const agent = new https.Agent({ rejectUnauthorized: false });", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';", "const tls = require('tls'); tls.connect({ minVersion: 'TLSv1' });"],
    safe: ["const https = require('https'); const agent = new https.Agent({ rejectUnauthorized: true, minVersion: 'TLSv1.2' });", "process.env.NODE_ENV = '0';"],
  },
};

for (const [rule, { flawed, safe }] of Object.entries(twins)) {
  flawed.forEach((code, index) => test(`${rule}: what is dangerous is found (${index + 1})`, () => assert.deepEqual([...new Set(told({ 'app.jsx': code }))], [rule], code)));
  safe.forEach((code, index) => test(`${rule}: what only looks like it is not (${index + 1})`, () => assert.deepEqual(told({ 'app.jsx': code }), [], code)));
}
