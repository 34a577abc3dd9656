import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync, readlinkSync, statSync, symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import t from 'tap'
import { apacheServer, createDatabase, nativeServerScript } from '../support/native.js'

interface Result { code: number, stdout: string, stderr: string }

/** Runs the script; a last argument that is an object is its whole environment. */
async function run (...args: (string | NodeJS.ProcessEnv)[]): Promise<Result> {
  const env = args.find((arg) => typeof arg === 'object') ?? process.env
  const words = args.filter((arg) => typeof arg === 'string')
  return await new Promise((resolve) => {
    execFile(nativeServerScript, words, { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout: stdout.trim(), stderr })
    })
  })
}

/** Looks until the condition holds, at most 20 s, and says whether it did. */
async function until (condition: () => boolean): Promise<boolean> {
  const deadline = Date.now() + 20_000
  while (!condition() && Date.now() < deadline) await delay(50)
  return condition()
}

async function accepts (url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function query (url: string, text: string): Promise<Record<string, string>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, string>>(text)).rows
  } finally {
    await client.end()
  }
}

/** The pid of a running server, as the status has it. */
async function serverPid (url: string): Promise<number> {
  const line = (await run('status')).stdout.split('\n').find((text) => text.startsWith(`${url} `))
  const pid = /pid=(\d+)/.exec(line ?? '')?.[1]
  if (!pid) throw new Error(`no server ${url} in the status`)
  return Number(pid)
}

/** The folder of a running server: its data and log. The server's root folder is the chroot. */
function serverFolder (pid: number, url: string): string {
  return join(readlinkSync(`/proc/${pid}/root`), 'servers', new URL(url).port)
}

/** False for a zombie, too: it has no root folder any more. */
const runs = (pid: number): boolean => existsSync(`/proc/${pid}/root`)

/** Empty where the server is being removed, by another test file say. */
function readSettings (folder: string): string {
  try {
    return readFileSync(join(folder, 'settings'), 'utf8')
  } catch {
    return ''
  }
}

/** What the whole machine mounts: the servers must add nothing to it. */
const mounts = (): string => readFileSync('/proc/mounts', 'utf8')

t.test('wrong usage is told apart', async (t) => {
  t.match(await run('--help'), { code: 0, stdout: /^usage: / })
  t.match(await run('start', '--colour'), { code: 2, stderr: /unknown option: --colour/ })
  t.match(await run('start', '-c', 'fsync'), { code: 2, stderr: /NAME=VALUE/ })
  t.match(await run('start', '--owner', '0'), { code: 2, stderr: /pid of a running process/ })
  for (const command of ['stop', 'crash']) t.match(await run(command, 'postgres://elsewhere/db'), { code: 2, stderr: /URL that start printed/ })
  t.match(await run(), { code: 2 })
})

t.test('a machine without apt gets exit code 3 and the way out', async (t) => {
  const folder = t.testdir({ bin: {}, cache: {} })
  const tools = ['bash', 'env', 'id', 'node', 'realpath', 'mkdir', 'flock', 'cat']
  for (const tool of tools) symlinkSync(execFileSync('which', [tool], { encoding: 'utf8' }).trim(), join(folder, 'bin', tool))
  const env = { PATH: join(folder, 'bin'), MESHMON_CACHE_DIR: join(folder, 'cache') }
  t.match(await run('start', env), { code: 3, stdout: '', stderr: /not possible here: .*TEST_DATABASE_URL/ })
})

const shared = await apacheServer()

t.test(`servers of the Apache edition${shared.reason ? ` (${shared.reason})` : ''}`, { skip: shared.url === null }, async (t) => {
  const mountsBefore = mounts()

  t.test('start with the settings asked for, and stop without a trace', async (t) => {
    const { code, stdout: url, stderr } = await run('start', '-c', 'work_mem=5MB')
    t.equal(code, 0, stderr)
    t.teardown(async () => await run('stop', url))
    t.match(url, /^postgres:\/\/postgres@127\.0\.0\.1:\d+\/postgres$/)

    await t.test('edition and settings', async (t) => {
      const database = await createDatabase(t, url)
      await query(database, 'create extension timescaledb')
      const [row] = await query(database, `select extversion, current_setting('timescaledb.license') as license,
        current_setting('fsync') as fsync, current_setting('work_mem') as work_mem,
        current_setting('timescaledb.telemetry_level') as telemetry, current_setting('server_version') as server_version
        from pg_extension where extname = 'timescaledb'`)
      t.match(row, {
        extversion: /^2\.\d+/, license: 'apache', fsync: 'on', work_mem: '5MB', telemetry: 'off', server_version: /^17/,
      })
    })

    const pid = await serverPid(url)
    const folder = serverFolder(pid, url)
    t.not(statSync(`/proc/${pid}`).uid, 0, 'it does not run as root')
    t.ok(existsSync(folder))
    t.equal((await run('stop', url)).code, 0)
    t.notOk(existsSync(folder), 'the data folder is gone')
    t.notOk(runs(pid), 'the server is gone')
    t.equal((await run('stop', url)).code, 0, 'stopping it once more is no error')
  })

  t.test('end with their owner, also after kill -9', async (t) => {
    const owner = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    t.teardown(() => owner.kill('SIGKILL'))
    const { stdout: url } = await run('start', '--owner', String(owner.pid), '-c', 'fsync=off')
    t.teardown(async () => await run('stop', url))
    const pid = await serverPid(url)
    const folder = serverFolder(pid, url)
    t.ok(await accepts(url))

    owner.kill('SIGKILL')
    t.ok(await until(() => !existsSync(folder) && !runs(pid)), 'server and data folder are gone')
    t.notOk(await accepts(url))
  })

  t.test('crash on demand, and come back with what was committed', async (t) => {
    const { stdout: url } = await run('start', '--owner', String(process.pid))
    t.teardown(async () => await run('stop', url))
    await query(url, 'create table kept as select 1 as one')
    const before = await serverPid(url)
    t.match(await run('crash', url), { code: 0, stdout: '', stderr: '' })
    t.not(await serverPid(url), before)
    t.notOk(runs(before))
    t.same(await query(url, 'select one from kept'), [{ one: 1 }])
    await run('stop', url)
    t.match(await run('crash', url), { code: 1, stderr: /no server runs at/ })
  })

  t.test('that crashed are cleared away by the next start', async (t) => {
    const { stdout: crashed } = await run('start', '-c', 'fsync=off')
    t.teardown(async () => await run('stop', crashed))
    const pid = await serverPid(crashed)
    const folder = serverFolder(pid, crashed)
    t.ok(existsSync(folder))
    process.kill(pid, 'SIGKILL')
    t.ok(await until(() => !runs(pid)))

    const { stdout: next } = await run('start', '-c', 'fsync=off')
    t.teardown(async () => await run('stop', next))
    t.notOk(existsSync(folder), 'the next start removed it')
    t.ok(await accepts(next))
  })

  t.test('are shared by the files of one test run', async (t) => {
    const again = await apacheServer()
    t.equal(again.url, shared.url)
    const own = await run('start', '--shared', '--owner', String(process.pid), '-c', 'fsync=off')
    t.teardown(async () => await run('stop', own.stdout))
    t.not(own.stdout, shared.url, 'another owner gets another server')
  })

  t.test('a setting PostgreSQL refuses fails with its log, and leaves nothing', async (t) => {
    t.match(await run('start', '-c', 'work_mem=lots'), { code: 1, stdout: '', stderr: /invalid value for parameter "work_mem"/ })
    const { stdout: url } = await run('start', '-c', 'work_mem=6MB')
    t.teardown(async () => await run('stop', url))
    const servers = dirname(serverFolder(await serverPid(url), url))
    const settings = readdirSync(servers).map((port) => readSettings(join(servers, port)))
    t.ok(settings.some((text) => text.includes('6MB')), 'the settings of a good server are found')
    t.notOk(settings.some((text) => text.includes('lots')), 'those of the failed one are not')
  })

  t.equal(mounts(), mountsBefore, 'nothing was mounted')
})
