import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { less, unmeasured, type Bench, type Figure } from '../support/bench.js'
import { processesOf, simulate, startCollector } from '../support/programs.js'
import { within } from '../support/scope.js'
import { createNativeDatabase, startOwnServer } from '../support/servers.js'

const nodes = 100
const what = `memory of collector and native database together, mesh of ${nodes} nodes, dashboard asked every second`
const mostMb = 512
const target = `< ${mostMb} MB`
/** Of a small computer; docs/raspberry-pi.md has the same. */
const settings = ['shared_buffers=64MB', 'max_connections=40', 'maintenance_work_mem=32MB', 'max_wal_size=256MB', 'max_worker_processes=4', 'max_parallel_workers_per_gather=0', 'jit=off']
const pages = ['/', '/ui/nodes', '/ui/links', '/ui/topology', '/issues', '/nodes', '/metrics']
/** Real time, as the mesh sees it: seconds of its time in one of ours. */
const speed = 4

interface Seen { collectorMb: number, databaseMb: number }

/** The proportional set size: pages that processes share count once. On a server of its own, whose settings it chooses. */
export async function footprint (bench: Bench): Promise<Figure> {
  return await within(bench.scope, async (scope) => {
    let server: Awaited<ReturnType<typeof startOwnServer>>
    try {
      server = await startOwnServer(scope, settings)
    } catch (error) {
      return unmeasured(what, target, (error as { stderr?: string }).stderr?.trim() ?? String(error))
    }
    const collector = await startCollector(scope, { url: await createNativeDatabase(scope, server) })
    const base = `http://127.0.0.1:${collector.port}`
    const mesh = ['--url', base, '--nodes', String(nodes), '--json']
    bench.progress('two hours of history')
    await simulate(scope, [...mesh, '--backfill', '2h'])
    const minutes = Math.max(0.5, bench.minutes * bench.scale)
    bench.progress(`${minutes} min of life`)
    const seen: Seen[] = []
    const living = simulate(scope, [...mesh, '--live', '--duration', `${Math.round(minutes * 60 * speed)}s`, '--speed', String(speed)])
    const ended = living.then(() => true)
    for (let i = 0, isOver = false; !isOver; i++) {
      const answer = await fetch(`${base}${pages[i % pages.length]!}`)
      await answer.arrayBuffer()
      if (answer.status !== 200) throw new Error(`${pages[i % pages.length]} answers ${answer.status}`)
      seen.push({ collectorMb: pssMb([collector.pid]), databaseMb: pssMb(processesOf(server.pid)) })
      isOver = await Promise.race([ended, delay(1000, false)])
    }
    const most = seen.reduce((a, b) => a.collectorMb + a.databaseMb > b.collectorMb + b.databaseMb ? a : b)
    const sumMb = most.collectorMb + most.databaseMb
    return {
      what,
      measured: `at most ${sumMb.toFixed(0)} MB: collector ${most.collectorMb.toFixed(0)}, database ${most.databaseMb.toFixed(0)}`,
      target,
      pass: sumMb < mostMb,
      numbers: { footprint_mb: less(sumMb) },
      notes: [`${minutes} min at ${speed} times the mesh's pace, after two hours of history posted at once; shared pages counted once; ${settings.join(', ')}; Apache edition, made by scripts/native-server`],
      data: { settings, minutes, speed, seen },
    }
  })
}

/** Those that have ended meanwhile count nothing. */
function pssMb (pids: number[]): number {
  return pids.reduce((sum, pid) => sum + pssKb(pid), 0) / 1000
}

function pssKb (pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
