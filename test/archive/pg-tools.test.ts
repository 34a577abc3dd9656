import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { dump } from '../../src/archive/pg-tools.js'
import { temporaryFolder } from '../support/embedded.js'

/** Says in JSON what it was called with, and what its password file holds. */
const fakeTool = `#!${process.execPath}
const { readFileSync } = require('node:fs')
const args = process.argv.slice(2)
const file = /passfile=([^&]*)/.exec(args.join(' '))?.[1]
process.stdout.write(JSON.stringify({ args, file: file && decodeURIComponent(file), kept: file && readFileSync(decodeURIComponent(file), 'utf8') }))
`

interface Called { args: string[], file?: string, kept?: string }

/** What pg_dump is called with for a database. */
async function callFor (t: Test, url: string): Promise<Called> {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'pg_dump'), fakeTool)
  chmodSync(join(folder, 'pg_dump'), 0o755)
  const before = { PATH: process.env['PATH'], NODE_OPTIONS: process.env['NODE_OPTIONS'] }
  t.teardown(() => { for (const [name, value] of Object.entries(before)) if (value !== undefined) process.env[name] = value })
  process.env['PATH'] = `${folder}:${before.PATH}`
  delete process.env['NODE_OPTIONS']
  const pieces: Buffer[] = []
  for await (const piece of dump(url)) pieces.push(piece)
  return JSON.parse(Buffer.concat(pieces).toString()) as Called
}

const nameOf = ({ args }: Called): string | undefined => args.find((arg) => arg.startsWith('--dbname='))?.slice('--dbname='.length)

t.test('of several hosts pg_dump is to take the one that takes writes, and its password stands in a file', async (t) => {
  const called = await callFor(t, 'postgres://mesh:p%40ss%3A%2Cword@one:5432,two:5433,[::1]:5434/meshmon?sslmode=require')
  t.match(nameOf(called), /^postgres:\/\/mesh@one:5432,two:5433,\[::1\]:5434\/meshmon\?sslmode=require&target_session_attrs=read-write&passfile=[^&]+$/)
  t.equal(called.kept, '*:*:*:*:p@ss\\:,word\n')
  t.notMatch(called.args.join(' '), /word/, 'nobody reads it in the list of processes')
  t.notOk(existsSync(called.file!), 'the file goes with the tool')
})

t.test('of one host it gets the URL as it is', async (t) => {
  const called = await callFor(t, 'postgres://mesh@one/meshmon')
  t.equal(nameOf(called), 'postgres://mesh@one/meshmon')
  t.equal(called.file, undefined)
})
