import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
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
import { areOpen, compareFates, fateRules, fateSettings, readIncidents, startFates, type FateCounts, type Incident } from './fates.js'

/** What a fault works on. */
export interface Target {
  scope: Scope
  port: number
  load: Load
  collector: () => RunningProgram
  /** Starts the collector again, with the same settings, after its process has ended. */
  restart: () => void
  /** Of the collector. */
  settings: Record<string, string>
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
  /** The server's name for the collector, in place of its address. */
  hostName?: string
  /** What the collector is started by. */
  launcher?: (scope: Scope) => string[]
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
  incidents: FateCounts
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
const lookEveryMs = 500

/** Waits for a condition longer than any fault should take. */
export async function until (isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  await untilSo(isSo, what, giveUpMs)
}

/** One fault under constant load, and what the database holds afterwards. */
export async function tryFault (scope: Scope, fault: Fault, server: { url: string } | null): Promise<Outcome> {
  const outcome: Outcome = { name: fault.name, what: fault.what, pass: false, acknowledged: 0, refused: 0, missing: 0, most: 0, incidents: { watched: 0, lost: [], doubled: [] }, readyMs: 0, slowestMs: 0, rssBeforeMb: 0, rssAfterMb: 0, error: null }
  try {
    await measure(scope, fault, server, outcome)
    outcome.pass = outcome.missing === 0 && outcome.most === 1 && outcome.incidents.lost.length + outcome.incidents.doubled.length === 0 && outcome.readyMs <= readyWithinMs && outcome.rssAfterMb - outcome.rssBeforeMb < grownMb
  } catch (error) {
    outcome.error = error instanceof Error ? error.message : String(error)
  }
  return outcome
}

async function measure (scope: Scope, fault: Fault, server: { url: string } | null, outcome: Outcome): Promise<void> {
  const port = await freePort()
  const { hostname, port: serverPort } = new URL(server?.url ?? 'postgres://127.0.0.1:1/')
  const proxy = await startProxy(scope, { host: hostname, port: Number(serverPort) })
  proxy.pass()
  const folder = fault.folder?.(scope) ?? scope.folder
  const settings = { ...settingsFor(server === null ? { folder } : { url: through(server.url, fault.hostName ?? '127.0.0.1', proxy) }, port), ...fateSettings, RULES_FILE: join(scope.folder, 'rules.yaml') }
  writeFileSync(settings.RULES_FILE, fateRules)
  const serve = (): RunningProgram => runMeshmon(scope, ['serve'], settings, fault.launcher?.(scope))
  let collector = serve()
  await until(() => isReady(port), 'the start')
  const connect = async (): Promise<pg.Client> => await openClient(scope, server === null ? { ...await findServer(folder), user: userName, database: databaseName } : { connectionString: server.url })
  const incidents = async (): Promise<Incident[]> => {
    const client = await connect()
    return await readIncidents(client).finally(() => client.end())
  }

  const load = startLoad(scope, () => port, senders)
  const fates = startFates(scope, () => port)
  await until(() => load.acknowledged.length > enough, 'acknowledged messages before the fault')
  let before: Incident[] = []
  await untilSlowly(async () => areOpen(before = await incidents()), 'the incidents that are open before the fault')
  outcome.rssBeforeMb = rssMegabytes(collector.child.pid!)
  fates.turn()
  await fault.strike({ scope, port, load, serverUrl: server?.url ?? '', proxy, folder, connect, settings, collector: () => collector, restart: () => { collector = serve() } })
  const overMs = Date.now()
  await until(() => isReady(port), '/readyz after the fault')
  outcome.readyMs = Date.now() - overMs
  const already = load.acknowledged.length
  await until(() => load.acknowledged.length > already + enough, 'acknowledged messages after the fault')
  await load.stop()

  const compare = async (): Promise<FateCounts> => (outcome.incidents = compareFates(before, await incidents()))
  await untilSlowly(async () => (await compare()).lost.length === 0, 'the incidents after the fault').catch(() => {})
  await fates.stop()
  const client = await connect()
  const { rows: [moment] } = await client.query<{ now: Date }>('select now()')
  await untilSlowly(async () => (await client.query('select from engine_slot where judged_until > $1', [moment!.now])).rowCount === 1, 'a slot after the last message')
  await compare()
  Object.assign(outcome, await missingAndMost(client, load), { acknowledged: load.acknowledged.length, refused: load.refused.length, slowestMs: Math.round(load.slowestMs()), rssAfterMb: rssMegabytes(collector.child.pid!) })
  collector.child.kill('SIGTERM')
  await collector.ended
}

/** The server's URL by way of the proxy. */
function through (url: string, hostName: string, { port }: Proxy): string {
  const behind = new URL(url)
  behind.host = `${hostName}:${port}`
  return behind.href
}

/** For what asks the database: the load is not to wait for it. */
async function untilSlowly (isSo: () => Promise<boolean>, what: string): Promise<void> {
  await until(async () => {
    const is = await isSo()
    if (!is) await delay(lookEveryMs)
    return is
  }, what)
}
