import pg from 'pg'
import { until as untilSo } from '../../test/support/embedded.js'
import { missingAndMost, startLoad, type Load } from '../../test/support/load.js'
import { freePort, runMeshmon, type RunningProgram } from '../../test/support/process.js'
import { startProxy, type Proxy } from '../../test/support/proxy.js'
import { isReady, rssMegabytes, settingsFor } from '../support/programs.js'
import type { Scope } from '../support/scope.js'
import { openClient } from '../support/servers.js'
import { findServer } from '../../src/database/embedded/folder.js'
import { databaseName, userName } from '../../src/database/embedded/names.js'

/** What a fault works on. */
export interface Target {
  scope: Scope
  port: number
  load: Load
  collector: () => RunningProgram
  /** Starts the collector again, with the same settings, after its process has ended. */
  restart: () => void
  /** Of the server, where there is one. */
  serverPid: number
  /** Past the proxy. */
  serverUrl: string
  /** Between collector and server. */
  proxy: Proxy
  /** Of the embedded database. */
  folder: string
  /** A connection to the database past the proxy. */
  connect: () => Promise<pg.Client>
}

export interface Fault {
  name: string
  what: string
  storage: 'server' | 'embedded'
  /** For the collector, beside what every one gets. */
  settings?: (scope: Scope) => Record<string, string>
  /** Where the embedded database lies; a folder of the scope unless given. */
  folder?: (scope: Scope) => string
  /** Causes the fault and mends it. Throws where the collector does not stand it. */
  strike (target: Target): Promise<void>
}

export interface Outcome {
  name: string
  what: string
  pass: boolean
  acknowledged: number
  refused: number
  missing: number
  most: number
  /** From the end of the fault until /readyz says yes. */
  readyMs: number
  slowestMs: number
  rssBeforeMb: number
  rssAfterMb: number
  error: string | null
}

const readyWithinMs = 10_000
const giveUpMs = 120_000
const senders = 8
/** Messages on either side of the fault. */
const enough = 200
const grownMb = 150

/** Waits for a condition longer than any fault should take. */
export async function until (isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  await untilSo(isSo, what, giveUpMs)
}

/** One fault under constant load, and what the database holds afterwards. */
export async function tryFault (scope: Scope, fault: Fault, server: { url: string, pid: number }): Promise<Outcome> {
  const outcome: Outcome = { name: fault.name, what: fault.what, pass: false, acknowledged: 0, refused: 0, missing: 0, most: 0, readyMs: 0, slowestMs: 0, rssBeforeMb: 0, rssAfterMb: 0, error: null }
  try {
    await measure(scope, fault, server, outcome)
    outcome.pass = outcome.missing === 0 && outcome.most === 1 && outcome.readyMs <= readyWithinMs && outcome.rssAfterMb - outcome.rssBeforeMb < grownMb
  } catch (error) {
    outcome.error = error instanceof Error ? error.message : String(error)
  }
  return outcome
}

async function measure (scope: Scope, fault: Fault, server: { url: string, pid: number }, outcome: Outcome): Promise<void> {
  const port = await freePort()
  const { hostname, port: serverPort } = new URL(server.url)
  const proxy = await startProxy(scope, { host: hostname, port: Number(serverPort) })
  proxy.pass()
  const behind = new URL(server.url)
  behind.host = `127.0.0.1:${proxy.port}`
  const folder = fault.folder?.(scope) ?? scope.folder
  const settings = { ...settingsFor(fault.storage === 'server' ? { url: behind.href } : { folder }, port), ...fault.settings?.(scope) }
  if (fault.storage === 'server' && settings.DATABASE_URL !== behind.href) settings.DATABASE_URL = behind.href.replace('127.0.0.1', new URL(settings.DATABASE_URL!).hostname)
  let collector = runMeshmon(scope, ['serve'], settings)
  await until(() => isReady(port), 'the start')
  const connect = async (): Promise<pg.Client> => await openClient(scope, fault.storage === 'server' ? { connectionString: server.url } : { ...await findServer(folder), user: userName, database: databaseName })

  const load = startLoad(scope, () => port, senders)
  await until(() => load.acknowledged.length > enough, 'acknowledged messages before the fault')
  outcome.rssBeforeMb = rssMegabytes(collector.child.pid!)
  await fault.strike({
    scope, port, load, serverPid: server.pid, serverUrl: server.url, proxy, folder, connect,
    collector: () => collector,
    restart: () => { collector = runMeshmon(scope, ['serve'], settings) },
  })
  const overMs = Date.now()
  await until(() => isReady(port), '/readyz after the fault')
  outcome.readyMs = Date.now() - overMs
  const before = load.acknowledged.length
  await until(() => load.acknowledged.length > before + enough, 'acknowledged messages after the fault')
  await load.stop()
  const client = await connect()
  Object.assign(outcome, await missingAndMost(client, load), { acknowledged: load.acknowledged.length, refused: load.refused.length, slowestMs: Math.round(load.slowestMs()), rssAfterMb: rssMegabytes(collector.child.pid!) })
  collector.child.kill('SIGTERM')
  await collector.ended
}
