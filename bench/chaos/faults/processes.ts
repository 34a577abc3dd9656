import { setTimeout as delay } from 'node:timers/promises'
import { missingAndMost, startLoad } from '../../../test/support/load.js'
import { createDatabase, postmasterPid } from '../../../test/support/native.js'
import { freePort, runMeshmon, type RunningProgram } from '../../../test/support/process.js'
import { settingsFor } from '../../support/programs.js'
import { crashServer, openClient } from '../../support/servers.js'
import { isReady, processesOf } from '../../support/programs.js'
import { until, type Fault, type Target } from '../trial.js'

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

export const backendKilled: Fault = {
  name: 'backend', what: 'kill -9 of a process of the server, which then recovers as after a crash', storage: 'server',
  async strike ({ connect, load }) {
    const client = await connect()
    const { rows } = await client.query<{ pid: number }>("select pid from pg_stat_activity where application_name like 'meshmon%' and pid <> pg_backend_pid() and datname = current_database() limit 1")
    const refused = load.refused.length
    process.kill(rows[0]!.pid, 'SIGKILL')
    await until(() => load.refused.length > refused, 'refused messages')
  },
}

export const postmasterKilled: Fault = {
  name: 'database', what: 'kill -9 of the server\'s postmaster, which is then started again, three times', storage: 'server',
  async strike ({ serverUrl, load }) {
    for (let kill = 0; kill < 3; kill++) {
      const refused = load.refused.length
      await crashServer(serverUrl)
      await until(() => load.refused.length > refused, 'refused messages')
      const before = load.acknowledged.length
      await until(() => load.acknowledged.length > before + 50, 'acknowledged messages between two kills')
    }
  },
}

const claimerKills = 4

export const claimerKilled: Fault = {
  name: 'claimer', what: `two collectors: kill -9 of the one that is judging, ${claimerKills} times`, storage: 'server',
  async strike ({ scope, settings, collector, restart, connect, port: firstPort }) {
    const client = await connect()
    const port = await freePort()
    const serve = (): RunningProgram => runMeshmon(scope, ['serve'], { ...settings, PORT: String(port) })
    let second = serve()
    await until(() => isReady(port), 'the start of the second collector')
    for (let kill = 0; kill < claimerKills; kill++) {
      let claimer: RunningProgram | undefined
      await until(async () => {
        const { rows: [slot] } = await client.query<{ claimed_by: string }>('select claimed_by from engine_slot where finished_at is null')
        claimer = [collector(), second].find((one) => slot !== undefined && one.output().includes(slot.claimed_by))
        return claimer !== undefined
      }, 'a slot that is being judged')
      claimer!.child.kill('SIGKILL')
      await claimer!.ended
      if (claimer === second) second = serve()
      else restart()
      await until(async () => await isReady(port) && await isReady(firstPort), 'the start of the collector that was killed')
    }
    second.child.kill('SIGTERM')
    await second.ended
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
  async strike ({ serverUrl, scope, load }) {
    const pids = processesOf(await postmasterPid(serverUrl))
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
  name: 'migration', what: 'kill -9 in the middle of the migrations of a second database, at eight moments', storage: 'server',
  async strike ({ scope, serverUrl }) {
    const port = await freePort()
    const url = await createDatabase(scope, serverUrl)
    const serve = (): RunningProgram => runMeshmon(scope, ['serve'], settingsFor({ url }, port))
    for (let kill = 1; kill <= 8; kill++) {
      const meshmon = serve()
      await meshmon.printed(/listening on/)
      await delay(kill * 150)
      meshmon.child.kill('SIGKILL')
      await meshmon.ended
    }
    const last = serve()
    await until(() => isReady(port), 'the start after the last kill')
    const load = startLoad(scope, () => port, 2)
    await until(() => load.acknowledged.length > 50, 'acknowledged messages in the second database')
    await load.stop()
    const counts = await missingAndMost(await openClient(scope, { connectionString: url }), load)
    if (counts.missing > 0 || counts.most !== 1) throw new Error(`the second database lost ${counts.missing}`)
    last.child.kill('SIGTERM')
    await last.ended
  },
}
