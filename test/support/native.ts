import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import type { Test } from 'tap'
import { packageRoot } from '../../src/paths.js'
import { until } from './embedded.js'

/** The script that makes TimescaleDB servers; `scripts/native-server --help` tells its commands. */
export const nativeServerScript = join(packageRoot, 'scripts/native-server')

/** A server's URL, or null and why there is none: tests then skip with that reason in their name. */
export type NativeServer = { url: string, reason: null } | { url: null, reason: string }

/** Exit code of scripts/native-server for "not possible on this machine". */
const notPossible = 3
/** The first start downloads about 90 MB of Debian packages. */
const startTimeoutMs = 300_000

/** The server of TEST_DATABASE_URL (any edition), else an Apache edition server made here. */
export async function nativeServer (): Promise<NativeServer> {
  const url = process.env['TEST_DATABASE_URL']
  return url ? { url, reason: null } : await apacheServer()
}

/**
 * An Apache edition server, whatever TEST_DATABASE_URL says. All test files of one tap run share it, and it
 * ends with that run: the owner is tap, this process's parent. It does not fsync.
 */
export async function apacheServer (): Promise<NativeServer> {
  const owner = process.env['TAP'] === '1' ? process.ppid : process.pid
  return await start(['--shared', '--owner', String(owner), '-c', 'fsync=off'])
}

async function start (options: string[]): Promise<NativeServer> {
  return await new Promise((resolve, reject) => {
    execFile(nativeServerScript, ['start', ...options], { timeout: startTimeoutMs }, (error, stdout, stderr) => {
      if (error?.code === notPossible) resolve({ url: null, reason: stderr.trim() })
      else if (error) reject(new Error(`scripts/native-server failed: ${stderr || error.message}`))
      else resolve({ url: stdout.trim(), reason: null })
    })
  })
}

/** A primary with a synchronous standby, a database `meshmon` on them, and their URLs for that; they end with the test. */
export interface Pair { primary: string, standby: string }

export async function startPair (t: Pick<Test, 'teardown'>): Promise<Pair> {
  const options = ['--owner', String(process.pid), '-c', 'fsync=off']
  const urls: string[] = []
  for (const more of [() => [], () => ['--standby-of', String(urls[0])]]) {
    const { url, reason } = await start([...options, ...more()])
    if (url === null) throw new Error(reason)
    t.teardown(async () => { await promisify(execFile)(nativeServerScript, ['stop', url]) })
    urls.push(url)
  }
  const [primary = '', standby = ''] = urls
  // Not before the copy: the standby would want a standby of its own.
  for (const statement of ["alter system set synchronous_standby_names = '*'", 'select pg_reload_conf()', 'create database meshmon']) await execute(primary, statement)
  const of = (url: string): string => new URL('/meshmon', url).href
  // It takes connections only once it has caught up with the copy.
  await until(async () => await execute(of(standby), 'select 1').then(() => true, () => false), 'the standby to answer', 120_000)
  return { primary: of(primary), standby: of(standby) }
}

/** The process of a server of scripts/native-server. */
export async function postmasterPid (url: string): Promise<number> {
  const { stdout } = await promisify(execFile)(nativeServerScript, ['status'])
  const pid = stdout.split('\n').find((line) => line.startsWith(`${new URL('/postgres', url).href} `))?.match(/pid=(\d+)/)?.[1]
  if (pid === undefined) throw new Error(`no server of scripts/native-server is at ${url}`)
  return Number(pid)
}

/** Creates a database on the server, a copy of `template` (as it comes: empty), and drops it when the test ends. */
export async function createDatabase (t: Pick<Test, 'teardown'>, serverUrl: string, template = 'template0'): Promise<string> {
  const name = `meshmon_test_${randomBytes(6).toString('hex')}`
  await execute(serverUrl, `create database ${name} template ${template}`)
  t.teardown(async () => await execute(serverUrl, `drop database if exists ${name} with (force)`))
  const url = new URL(serverUrl)
  url.pathname = name
  return url.href
}

async function execute (url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
