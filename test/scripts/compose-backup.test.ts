import { execFile } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'
import pg from 'pg'
import t from 'tap'
import { packageRoot } from '../../src/paths.js'
import { apacheServer, nativeServerScript } from '../support/native.js'

const run = promisify(execFile)

/** Stands for `docker compose`: runs what is to run in the database container in the native server's folder. */
const fakeCompose = `#!/bin/sh
echo "$*" >> "$FAKE_LOG"
[ "$1 $2 $3" = "exec -T db" ] || exit 0
program=$4
shift 4
PGHOST=127.0.0.1 PGPORT=$FAKE_PORT exec chroot "$FAKE_ROOT" "/usr/lib/postgresql/17/bin/$program" "$@"
`

async function query (url: string, database: string, text: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: url.replace(/postgres$/, database) })
  await client.connect()
  try {
    return (await client.query<unknown[]>({ text, rowMode: 'array' })).rows
  } finally {
    await client.end()
  }
}

const possible = await apacheServer()

t.test(`backup and restore of the Docker Compose database${possible.reason ? ` (${possible.reason})` : ''}`, { skip: possible.url === null }, async (t) => {
  const { stdout } = await run(nativeServerScript, ['start', '--owner', String(process.pid), '-c', 'fsync=off'])
  const url = stdout.trim()
  t.teardown(async () => await run(nativeServerScript, ['stop', url]))
  const { stdout: status } = await run(nativeServerScript, ['status'])
  const pid = new RegExp(`${url} pid=(\\d+)`).exec(status)?.[1]

  const folder = t.testdir({ compose: fakeCompose })
  const compose = join(folder, 'compose')
  chmodSync(compose, 0o755)
  const log = join(folder, 'log')
  const options = {
    cwd: folder,
    env: { ...process.env, COMPOSE: compose, FAKE_LOG: log, FAKE_ROOT: `/proc/${pid}/root`, FAKE_PORT: new URL(url).port },
  }
  const backup = async (): Promise<string> => (await run(join(packageRoot, 'scripts/compose-backup'), options)).stdout.trim()
  const restore = async (file: string) => await run(join(packageRoot, 'scripts/compose-restore'), [file], options)

  await query(url, 'postgres', 'create role mesh superuser login')
  await query(url, 'postgres', 'create database meshmon owner mesh')
  await query(url, 'meshmon', `create extension timescaledb;
    create table path_probe (time timestamptz not null, rtt_ms float8);
    select create_hypertable('path_probe', 'time');
    insert into path_probe select '2026-01-01'::timestamptz + n * interval '1 hour', n from generate_series(1, 500) n`)

  const file = await backup()
  t.match(file, /^backups\/meshmon_\d{4}-\d\d-\d\d_\d{6}\.sql\.gz$/)
  const dump = gunzipSync(readFileSync(join(folder, file)))
  t.match(dump.toString(), /PostgreSQL database dump complete/)

  t.test('a broken dump changes nothing', async (t) => {
    writeFileSync(join(folder, 'cut.sql.gz'), readFileSync(join(folder, file)).subarray(0, 2000))
    await t.rejects(restore('cut.sql.gz'), { code: 1, stderr: /nothing was changed/ })
    writeFileSync(join(folder, 'wrong.sql.gz'), gzipSync(Buffer.concat([dump, Buffer.from('\nselect no_such_function();\n')])))
    await t.rejects(restore('wrong.sql.gz'), { code: 1, stderr: /the installation is as it was/ })
    await t.rejects(restore(''), { code: 2, stderr: /Which dump/ })
    t.same(await query(url, 'meshmon', 'select count(*)::int from path_probe'), [[500]])
    t.notMatch(readFileSync(log, 'utf8'), 'stop api')
  })

  t.test('a dump replaces what came after it', async (t) => {
    await query(url, 'meshmon', 'delete from path_probe where rtt_ms > 100')
    await restore(file)
    t.same(await query(url, 'meshmon', 'select count(*)::int, sum(rtt_ms) from path_probe'), [[500, 125250]])
    t.same(await query(url, 'meshmon', "select count(*)::int > 1 from show_chunks('path_probe')"), [[true]], 'it is a hypertable')
    await query(url, 'meshmon', "insert into path_probe values ('2026-06-01', 1)")
    t.same(await query(url, 'meshmon', "select current_setting('timescaledb.restoring')"), [['off']])
    t.match(readFileSync(log, 'utf8'), /stop api[^]*rename[^]*start api/)
  })
})
