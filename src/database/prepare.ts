import { setTimeout as delay } from 'node:timers/promises'
import type { BaseLogger } from 'pino'
import type { Database } from './database.js'
import type { Edition } from './edition.js'
import { isUnavailable } from './errors.js'
import { migrate, pendingMigrations } from './migrate.js'
import { applyPolicies } from './policies.js'
import type { RetentionSettings } from './retention.js'

export interface Preparation {
  /** How far the database is; changes in place. */
  readonly state: { phase: 'opening' | 'migrating' | 'ready', edition: Edition | null }
  /** Resolves when the schema is current. Rejects where waiting can't help: folder taken, wrong edition, a migration that fails. */
  done: Promise<Edition>
}

const retryMs = 2000
const answerWaitMs = 2000

/** Waits for the database, brings its schema up to date and its policies in line with the settings. A server that goes away meanwhile is waited for again. */
export function prepareDatabase (database: Pick<Database, 'pool' | 'isEmbedded' | 'ready'>, settings: RetentionSettings, log: Pick<BaseLogger, 'debug' | 'info' | 'warn'>): Preparation {
  const state: Preparation['state'] = { phase: 'opening', edition: null }
  const done = prepare()
  // Who stops before it is done need not look at it.
  done.catch(() => {})
  return { state, done }

  async function prepare (): Promise<Edition> {
    await database.ready
    for (;;) {
      try {
        state.phase = 'migrating'
        const { edition, ran } = await migrate(database.pool, { direction: 'up', log: (line) => log.debug(line) })
        const changed = edition === 'community' ? await applyPolicies(database.pool, settings) : []
        for (const change of changed) log.info(`policy changed: ${change}`)
        log.info({ edition, migrations: ran.length, embedded: database.isEmbedded }, 'the database is ready')
        state.phase = 'ready'
        state.edition = edition
        return edition
      } catch (error) {
        if (!isUnavailable(error) || database.pool.ending) throw error
        log.warn({ err: error }, 'the database went away while its schema was brought up to date; trying again')
        await delay(retryMs)
        if (database.pool.ending) throw error
      }
    }
  }
}

/** Why the collector can't do its work now, or null. Asks the database, for two seconds at most. */
export async function findUnreadyReason (database: Database, { phase }: Preparation['state']): Promise<string | null> {
  if (phase === 'opening') return database.trouble() ?? 'the database is being opened'
  if (phase === 'migrating') return 'the database schema is being brought up to date'
  const asked = pendingMigrations(database.writer).then(
    (pending) => pending.length === 0 ? null : `the database schema lacks ${pending.join(', ')}: run "meshmon migrate"`,
    (error: unknown) => `the database does not answer: ${error instanceof Error ? error.message : String(error)}`)
  return await Promise.race([asked, delay(answerWaitMs, 'the database does not answer within 2 s', { ref: false })])
}
