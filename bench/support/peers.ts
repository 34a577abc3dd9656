import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { packageRoot } from '../../src/paths.js'
import { until } from '../../test/support/embedded.js'
import { freePort } from '../../test/support/process.js'
import type { Scope } from './scope.js'
import { cpuSeconds, processesOf } from './programs.js'
import { openClient } from './servers.js'

// Other programs that take measurements by HTTP, as Debian packages them, run by chroot in a folder of their own.

const run = promisify(execFile)
const packages = ['python3-fastapi', 'uvicorn', 'python3-uvloop', 'python3-httptools', 'python3-psycopg2', 'influxdb', 'victoria-metrics']

export interface Peer {
  port: number
  /** Where it takes measurements. */
  path: string
  /** Seconds of processor time that it and its processes have used. */
  cpuS (): number
}

/** The folder that holds the peers; made at the first call, some 300 MB. Throws where this machine can't. */
export async function peersFolder (): Promise<string> {
  const folder = join(process.env['MESHMON_CACHE_DIR'] ?? join(homedir(), '.cache/meshmon'), 'peers-trixie')
  try {
    await run(join(packageRoot, 'scripts/debian-folder'), [folder, ...packages])
  } catch (error) {
    throw new Error((error as { stderr?: string }).stderr?.trim() ?? String(error))
  }
  return folder
}

/**
 * The developer guide's own collector: its files are taken out of its text, its DDL mended where it does not run
 * (policies by if_not_exists, percentile_cont, no rows read for the aggregate while it is made). Two uvicorn workers, as it says.
 */
export async function startGuide (scope: Scope, folder: string, guide: string, url: string): Promise<Peer> {
  const home = makeHome(scope, folder)
  const files = [...readFileSync(guide, 'utf8').matchAll(/Create `nano api\/([^`]+)`[^\n]*\n```\w*\n(.*?)```/gs)]
  if (files.length === 0) throw new Error(`${guide} has no files "Create \`nano api/…\`"`)
  for (const [, name, text] of files) {
    mkdirSync(dirname(join(home, name!)), { recursive: true })
    writeFileSync(join(home, name!), name === 'sql/init.sql' ? mendDdl(text!) : text!)
  }
  // By hand once: two workers that do it at the same moment stand in each other's way.
  const client = await openClient(scope, { connectionString: url })
  await client.query(readFileSync(join(home, 'sql/init.sql'), 'utf8'))
  const port = await freePort()
  return await startPeer(scope, folder, {
    home, port, command: `exec uvicorn app:app --host 127.0.0.1 --port ${port} --workers 2 --log-level warning`, env: { DB_DSN: url }, path: '/ingest', ready: '/healthz',
  })
}

/** InfluxDB 1.x with its defaults: the write-ahead log is synchronised before it answers. */
export async function startInflux (scope: Scope, folder: string): Promise<Peer> {
  const home = makeHome(scope, folder)
  const [port, rpcPort] = [await freePort(), await freePort()]
  const inside = home.slice(folder.length)
  writeFileSync(join(home, 'influxdb.conf'), [
    'reporting-disabled = true', `bind-address = "127.0.0.1:${rpcPort}"`,
    '[meta]', `dir = "${inside}/meta"`, '[data]', `dir = "${inside}/data"`, `wal-dir = "${inside}/wal"`,
    '[http]', `bind-address = "127.0.0.1:${port}"`, 'log-enabled = false', '[monitor]', 'store-enabled = false', '[logging]', 'level = "error"', '',
  ].join('\n'))
  const peer = await startPeer(scope, folder, { home, port, command: 'exec influxd -config influxdb.conf', path: '/write?db=meshmon', ready: '/ping' })
  const answer = await fetch(`http://127.0.0.1:${port}/query?q=${encodeURIComponent('create database meshmon')}`, { method: 'POST' })
  if (!answer.ok) throw new Error(`influxd answers ${answer.status} ${await answer.text()}`)
  return peer
}

/** VictoriaMetrics with its defaults: it answers before anything is on disk. */
export async function startVictoria (scope: Scope, folder: string): Promise<Peer> {
  const home = makeHome(scope, folder)
  const port = await freePort()
  return await startPeer(scope, folder, {
    home, port, command: `exec victoria-metrics -httpListenAddr=127.0.0.1:${port} -storageDataPath=storage -loggerLevel=ERROR`, path: '/write', ready: '/health',
  })
}

/** A folder of its own inside the peers' folder. */
function makeHome (scope: Scope, folder: string): string {
  const home = mkdtempSync(join(folder, 'tmp/peer-'))
  scope.teardown(() => rmSync(home, { recursive: true, force: true }))
  return home
}

function mendDdl (sql: string): string {
  return sql
    .replaceAll(/(select add_\w+_policy\([^;]*?)\) on conflict do nothing/gi, '$1, if_not_exists => true)')
    .replace('approx_percentile(0.95, jitter_ms)', 'percentile_cont(0.95) within group (order by jitter_ms)')
    .replace('GROUP BY bucket, src, dst;', 'GROUP BY bucket, src, dst WITH NO DATA;')
}

interface Program { home: string, port: number, command: string, path: string, ready: string, env?: Record<string, string> }

async function startPeer (scope: Scope, folder: string, { home, port, command, path, ready, env = {} }: Program): Promise<Peer> {
  // A group of its own: uvicorn's workers end with it.
  const child = spawn('chroot', [folder, 'sh', '-c', `cd ${home.slice(folder.length)} && ${command}`], {
    env: { PATH: '/usr/sbin:/usr/bin', HOME: '/tmp', ...env }, stdio: ['ignore', 'ignore', 'pipe'], detached: true,
  })
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => { output = (output + text).slice(-4000) })
  const ended = once(child, 'close')
  scope.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL')
    await ended
  })
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`it ended:\n${output}`)
    return await fetch(`http://127.0.0.1:${port}${ready}`, { signal: AbortSignal.timeout(5000) }).then(({ ok }) => ok, () => false)
  }, `an answer of ${command}`)
  return { port, path, cpuS: () => processesOf(child.pid!).reduce((sum, pid) => sum + cpuSeconds(pid), 0) }
}
