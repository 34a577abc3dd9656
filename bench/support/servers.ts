import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import pg from 'pg'
import { createDatabase, nativeServerScript, postmasterPid } from '../../test/support/native.js'
import { openScope, within, type Scope } from './scope.js'

/** A TimescaleDB server that is no part of the collector, or why there is none. */
export type NativeServer =
  | { ok: true, url: string, description: string, edition: string }
  | { ok: false, reason: string }

const run = promisify(execFile)

/** The server of TEST_DATABASE_URL, else one of the Apache edition with PostgreSQL's own settings, which ends with this process. */
export async function findNativeServer (): Promise<NativeServer> {
  const given = process.env['TEST_DATABASE_URL']
  try {
    const url = given ?? (await run(nativeServerScript, ['start', '--owner', String(process.pid)])).stdout.trim()
    const { description, edition } = await describeServer(url)
    return { ok: true, url, edition, description: `${description}, ${given === undefined ? 'made by scripts/native-server' : 'of TEST_DATABASE_URL'}` }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

/** A server of scripts/native-server for one's own, with these lines in its postgresql.conf; `pid` is its postmaster's. It ends with the scope. Throws where there can be none. */
export async function startOwnServer (scope: Scope, settings: readonly string[]): Promise<{ url: string, pid: number }> {
  const url = (await run(nativeServerScript, ['start', '--owner', String(process.pid), ...settings.flatMap((setting) => ['-c', setting])])).stdout.trim()
  scope.teardown(async () => await run(nativeServerScript, ['stop', url]))
  return { url, pid: await postmasterPid(url) }
}

/** Kills a server's postmaster with SIGKILL and starts it again, as after a power cut. */
export async function crashServer (url: string): Promise<void> {
  await run(nativeServerScript, ['crash', new URL('/postgres', url).href])
}

/** An empty database, dropped at the end of the scope. */
export async function createNativeDatabase (scope: Scope, { url }: { url: string }): Promise<string> {
  return await createDatabase(scope, url)
}

export async function withClient<T> (url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** A connection that ends with the scope. */
export async function openClient (scope: Scope, settings: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(settings)
  // The server may go first.
  client.on('error', () => {})
  await client.connect()
  scope.teardown(() => client.end())
  return client
}

/** In a database of its own: which license the server has can be asked once the extension is there. */
async function describeServer (url: string): Promise<{ description: string, edition: string }> {
  return await within(openScope(), async (scope) => await withClient(await createDatabase(scope, url), async (client) => {
    await client.query('create extension timescaledb')
    const { rows: [row] } = await client.query<Record<'postgres' | 'timescaledb' | 'license' | 'fsync' | 'commit', string>>(`
      select current_setting('server_version') as postgres, current_setting('timescaledb.license') as license,
        (select extversion from pg_extension where extname = 'timescaledb') as timescaledb,
        current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`)
    const edition = row!.license === 'apache' ? 'Apache' : 'Community'
    return {
      edition,
      description: `PostgreSQL ${row!.postgres.split(' ')[0]}, TimescaleDB ${row!.timescaledb} ${edition} edition, fsync ${row!.fsync}, synchronous_commit ${row!.commit}`,
    }
  }))
}
