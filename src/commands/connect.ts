import pg from 'pg'
import pino from 'pino'
import type { Config } from '../config.js'
import { openDatabase } from '../database/database.js'
import { findServer } from '../database/embedded/folder.js'
import { databaseName, userName } from '../database/embedded/names.js'
import { createTypes } from '../database/pool.js'

export interface CommandConnection {
  client: pg.ClientBase
  /** How values come as JavaScript's: times as RFC 3339 text. */
  types: pg.CustomTypesConfig
  close (): Promise<void>
}

/**
 * A connection for one command: to DATABASE_URL, else to the embedded database that a collector runs in DATA_DIR, else to
 * the same database opened just for this.
 */
export async function connectForCommand (config: Config): Promise<CommandConnection> {
  const types = createTypes()
  const running = config.DATABASE_URL === undefined ? await findServer(config.DATA_DIR) : undefined
  if (config.DATABASE_URL !== undefined || running) {
    const client = new pg.Client({
      ...(running ? { ...running, user: userName, database: databaseName } : { connectionString: config.DATABASE_URL }),
      application_name: 'meshmon command',
      connectionTimeoutMillis: 5000,
      options: '-c timezone=UTC',
    })
    await client.connect()
    return { client, types, close: () => client.end() }
  }
  const database = openDatabase({ databaseUrl: undefined, dataDir: config.DATA_DIR, applicationName: 'meshmon command', log: pino({ level: 'silent' }) })
  await database.ready
  const client = await database.pool.connect()
  return {
    client,
    types,
    async close () {
      client.release()
      await database.stop()
    },
  }
}
