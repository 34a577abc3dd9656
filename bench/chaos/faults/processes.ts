import { setTimeout as delay } from 'node:timers/promises'
import { isReady, processesOf, until, type Fault, type Target } from '../trial.js'

const pausedMs = 20_000

async function restartKilled ({ collector, restart }: Target): Promise<void> {
  collector().child.kill('SIGKILL')
  await collector().ended
  restart()
}

export const collectorKilled: Fault = {
  name: 'collector', what: 'kill -9 of the collector, three times', storage: 'server',
  async strike (target) {
    for (let kill = 0; kill < 3; kill++) {
      await restartKilled(target)
      const before = target.load.acknowledged.length
      await until(() => target.load.acknowledged.length > before + 50, 'acknowledged messages between two kills')
    }
    await restartKilled(target)
  },
}

export const backendsKilled: Fault = {
  name: 'database', what: 'kill -9 of a process of the server, which then recovers as after a crash', storage: 'server',
  async strike ({ connect, load }) {
    const client = await connect()
    const { rows } = await client.query<{ pid: number }>("select pid from pg_stat_activity where application_name like 'meshmon%' and pid <> pg_backend_pid() and datname = current_database() limit 1")
    const refused = load.refused.length
    process.kill(rows[0]!.pid, 'SIGKILL')
    await until(() => load.refused.length > refused, 'refused messages')
  },
}

export const embeddedKilled: Fault = {
  name: 'embedded', what: 'kill -9 of the embedded database', storage: 'embedded',
  async strike ({ collector }) {
    const pids = (): string[] => [...collector().output().matchAll(/"databasePid":(\d+),"msg":"embedded database is ready"/g)].map(([, pid]) => pid!)
    const before = pids()
    process.kill(Number(before.at(-1)), 'SIGKILL')
    await until(() => pids().length > before.length, 'the next database')
  },
}

export const serverPaused: Fault = {
  name: 'pause', what: `SIGSTOP of every process of the server for ${pausedMs / 1000} s`, storage: 'server',
  async strike ({ serverPid, scope, load }) {
    const pids = processesOf(serverPid)
    const goOn = (): void => { for (const pid of pids) { try { process.kill(pid, 'SIGCONT') } catch { /* It has ended. */ } } }
    scope.teardown(goOn)
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    const refused = load.refused.length
    await delay(pausedMs)
    goOn()
    if (load.refused.length === refused) throw new Error('no sender was told to come again')
  },
}

export const migrationKilled: Fault = {
  name: 'migration', what: 'kill -9 in the middle of the migrations, at eight moments', storage: 'server',
  async strike (target) {
    const client = await target.connect()
    target.collector().child.kill('SIGKILL')
    await target.collector().ended
    // What was acknowledged so far is kept aside, and counted with the rest.
    await client.query('create schema aside; create table aside.path_probe as select * from path_probe')
    await client.query('drop extension timescaledb cascade; drop schema public cascade; create schema public')
    for (let kill = 1; kill <= 8; kill++) {
      target.restart()
      await target.collector().printed(/listening on/)
      await delay(kill * 150)
      target.collector().child.kill('SIGKILL')
      await target.collector().ended
    }
    target.restart()
    await until(() => isReady(target.port), 'the migrations')
    const fresh = await target.connect()
    const { rows: [columns] } = await fresh.query<{ list: string }>("select string_agg(quote_ident(column_name), ', ') as list from information_schema.columns where table_schema = 'public' and table_name = 'path_probe' and is_generated = 'NEVER'")
    await fresh.query(`insert into path_probe (${columns!.list}) select ${columns!.list} from aside.path_probe on conflict do nothing`)
  },
}
