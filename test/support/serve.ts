import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import pg from 'pg'
import type { Test } from 'tap'
import { findServer } from '../../src/database/embedded/folder.js'
import { databaseName, userName } from '../../src/database/embedded/names.js'
import { runMeshmon, type RunningProgram } from './process.js'

/** A port that is free now; a collector that is started again needs the same one. */
export async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** `meshmon serve` on the embedded database of a folder. */
export function serve (t: Test, dataDir: string, port: number): RunningProgram {
  return runMeshmon(t, ['serve'], { DATA_DIR: dataDir, HOST: '127.0.0.1', PORT: String(port) })
}

/** A connection to the database that a collector runs in this folder. */
export async function withDatabase<T> (dataDir: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const address = await findServer(dataDir)
  const client = new pg.Client({ ...address, user: userName, database: databaseName })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
