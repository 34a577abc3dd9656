import { existsSync } from 'node:fs'
import type { Pool } from 'pg'
import type { BaseLogger } from 'pino'
import type { Config } from '../config.js'
import { openDatabase } from '../database/database.js'
import { databaseFolder, findServer, reasonOf } from '../database/embedded/folder.js'
import { databaseName, userName } from '../database/embedded/names.js'
import { createPool, patientConnectTimeoutMs } from '../database/pool.js'

export interface CommandDatabase {
  pool: Pool
  isEmbedded: boolean
  close (): Promise<void>
}

/**
 * The database for one command: that of DATABASE_URL, else the embedded one that a collector runs in DATA_DIR, else the same one
 * opened just for this. Throws where the server does not answer; nothing waits for it.
 */
export async function openForCommand (config: Config, log: Pick<BaseLogger, 'info' | 'warn' | 'error'>): Promise<CommandDatabase> {
  const applicationName = 'meshmon command'
  const running = config.DATABASE_URL === undefined ? await findServer(config.DATA_DIR) : undefined
  if (config.DATABASE_URL !== undefined || running) {
    const server = running ? { ...running, user: userName, database: databaseName, connectTimeoutMs: patientConnectTimeoutMs } : { connectionString: config.DATABASE_URL! }
    const pool = createPool({ ...server, applicationName, max: 2 }, log)
    try {
      await pool.query('select 1')
    } catch (error) {
      await pool.end()
      throw new Error(`the database ${running ? 'of the running collector' : 'that DATABASE_URL names'} does not answer: ${reasonOf(error)}`, { cause: error })
    }
    return { pool, isEmbedded: running !== undefined, close: () => pool.end() }
  }
  const database = openDatabase({ databaseUrl: undefined, dataDir: config.DATA_DIR, applicationName, log })
  await database.ready
  return { pool: database.pool, isEmbedded: true, close: () => database.stop() }
}

/** The same for a command that only looks: it throws where there is no embedded database yet, and makes none. */
export async function openExisting (config: Config, log: Pick<BaseLogger, 'info' | 'warn' | 'error'>): Promise<CommandDatabase> {
  if (config.DATABASE_URL === undefined && !existsSync(databaseFolder(config.DATA_DIR))) {
    throw new Error(`there is no database in ${config.DATA_DIR} yet: the collector makes it at its first start`)
  }
  return await openForCommand(config, log)
}
