/* eslint-disable no-template-curly-in-string -- code to be checked */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Linter, type Rule } from 'eslint'
import t from 'tap'
import { packageRoot } from '../src/paths.js'

const { constantSql } = await import(pathToFileURL(join(packageRoot, 'lint/constant-sql.js')).href) as { constantSql: Rule.RuleModule }
const linter = new Linter()
const isFound = (code: string): boolean => linter.verify(code, { plugins: { sql: { rules: { constants: constantSql } } }, rules: { 'sql/constants': 'error' } }).length > 0

t.test('statements that hold more than constants are found', async (t) => {
  const bad = [
    'async function f (db, name) { await db.query(`select * from nodes where name = \'${name}\'`) }',
    'async function f (db, name) { await db.query("select " + name) }',
    'async function f (db, name) { const sql = `select ${name}`; await db.query(sql) }',
    'async function f (db, name) { await db.query({ text: `select ${name}`, values: [] }) }',
    'async function f (db, name) { await select(db, `select ${name}`) }',
    'async function f (db) { let sql = "select 1"; sql += input; await db.query(sql) }',
    'const all = "select 1"\nasync function f (db, all) { await db.query(all) }',
    'async function f (db, request) { await db.query(request.query.sql) }',
    'async function f (db) { await db.query(make()) }',
  ]
  for (const code of bad) t.ok(isFound(code), code)
})

t.test('constants, and values as parameters, are not', async (t) => {
  const good = [
    'async function f (db, name) { await db.query("select $1", [name]) }',
    'const columns = "a, b"\nconst all = `select ${columns}`\nasync function f (db, name) { await db.query(all, [name]); await select(db, all, [name]) }',
    'const queries = { a: "select 1", b: "select 2" }\nasync function f (db, which) { await db.query(queries[which]) }',
    'import { all } from "./all.js"\nasync function f (db, isShort) { await db.query(isShort ? all : "select 1") }',
    'const columns = "a"\nasync function f (db) { const sql = `select ${columns}`; await db.query({ name: "x", text: sql }) }',
  ]
  for (const code of good) t.notOk(isFound(code), code)
})

t.test('what is let through is a closed list', async (t) => {
  const files = readdirSync(join(packageRoot, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const excused = files.filter((name) => /eslint-disable[^\n]*sql\/constants/.test(readFileSync(join(packageRoot, 'src', name), 'utf8'))).sort()
  t.same(excused.filter((name) => name.startsWith('http/')), ['http/queries/select.ts', 'http/queries/sparklines.ts'])
  t.same(excused.filter((name) => !/^(archive|database|rules)\//.test(name)), ['commands/sql.ts', 'http/queries/select.ts', 'http/queries/sparklines.ts', 'incidents/apply.ts', 'incidents/notify/compose.ts', 'ingest/insert.ts'])
  for (const name of excused) t.match(readFileSync(join(packageRoot, 'src', name), 'utf8'), /eslint-disable sql\/constants -- \S/, `${name} says why`)
})
