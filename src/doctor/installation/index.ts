import type { Pool } from 'pg'
import type { Config } from '../../config.js'
import { ok, warning, type Finding } from '../finding.js'
import { checkAgentClocks, checkDatabaseClock } from './clocks.js'
import { checkApi, checkFiles, checkTokens, ownUrl } from './collector.js'
import { checkSchema, checkVersions, describeUnreachable } from './database.js'
import { checkEngine, checkIssues } from './engine.js'
import { checkMaintenance, checkPolicies } from './jobs.js'
import { checkNotifications } from './notifications.js'
import { checkArrivals, checkDataQuality, checkLocations, checkRejected } from './quality.js'
import { checkQueries } from './queries.js'
import { checkRollups } from './rollups.js'
import { checkChunks, checkSpace, type Space } from './space.js'

export interface InstallationDoctor {
  config: Config
  /** Throws where there is no database, or it does not answer. */
  open: () => Promise<{ pool: Pool, isEmbedded: boolean, close: () => Promise<void> }>
  /** Milliseconds since 1970. */
  now: () => number
  /** Ends the examination at once: it then throws the signal's reason. */
  signal: AbortSignal
  /** The disk that holds a folder; asked of the system unless given. */
  measure?: (folder: string) => Promise<Space>
}

/** Looks at a whole installation, whether its collector runs or not: settings, collector, database, upkeep, rules, what agents send. */
export async function * examineInstallation (doctor: InstallationDoctor): AsyncGenerator<Finding> {
  const { config, open, signal } = doctor
  yield * await checkFiles(config)
  yield checkTokens(config)
  yield * await checkApi(ownUrl(config), { queueRows: config.INGEST_QUEUE_ROWS, signal })
  const isEmbedded = config.DATABASE_URL === undefined
  let database: Awaited<ReturnType<typeof open>>
  try {
    database = await open()
  } catch (error) {
    signal.throwIfAborted()
    yield describeUnreachable(error, isEmbedded)
    return
  }
  try {
    yield * examineDatabase(database.pool, { ...doctor, isEmbedded: database.isEmbedded })
  } finally {
    await database.close()
  }
}

async function * examineDatabase (db: Pool, doctor: InstallationDoctor & { isEmbedded: boolean }): AsyncGenerator<Finding> {
  const { config, isEmbedded, now, signal, measure } = doctor
  const url = ownUrl(config) ?? 'http://127.0.0.1:PORT'
  const versions = await checkVersions(db, { isEmbedded })
  yield * versions
  if (versions.some(({ state }) => state === 'problem')) return
  const schema = await checkSchema(db)
  yield schema
  if (schema.state === 'problem') return
  const jobs = { isEmbedded, settings: config }
  const checks: Record<string, () => Promise<Finding | Finding[]>> = {
    policies: () => checkPolicies(db, jobs),
    maintenance: () => checkMaintenance(db, jobs),
    aggregates: () => checkRollups(db),
    disk: () => checkSpace(db, { dataDir: isEmbedded ? config.DATA_DIR : null, settings: config, ...measure !== undefined && { measure } }),
    chunks: () => checkChunks(db, { settings: config }),
    clock: () => isEmbedded ? Promise.resolve(ok('clock', 'the database goes by this computer\'s clock')) : checkDatabaseClock(db, now),
    'agents\' clocks': () => checkAgentClocks(db),
    engine: () => checkEngine(db, { intervalS: config.ENGINE_INTERVAL_S }),
    issues: () => checkIssues(db),
    notifications: () => checkNotifications(db, { targets: config.NOTIFY_URLS.length + (config.NOTIFY_COMMAND === undefined ? 0 : 1), url }),
    measurements: () => checkArrivals(db, { url }),
    'rejected messages': () => checkRejected(db, { url }),
    data: () => checkDataQuality(db),
    locations: () => checkLocations(db),
    queries: () => checkQueries(db),
  }
  for (const [check, run] of Object.entries(checks)) {
    signal.throwIfAborted()
    try {
      yield * [await run()].flat()
    } catch (error) {
      // One that fails must not hide the others: the user may lack a right, or the server may go away.
      yield warning(check, `can't be looked at: ${error instanceof Error ? error.message : String(error)}`, 'Is the database well? meshmon sql "select 1"')
    }
  }
}
