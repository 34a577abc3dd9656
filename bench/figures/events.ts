import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { less, unmeasured, type Bench, type Figure } from '../support/bench.js'
import { startCollector, type Collector } from '../support/programs.js'
import { within } from '../support/scope.js'
import { createNativeDatabase } from '../support/servers.js'

const what = 'idle clients of GET /events, native server'
const clients = 500
const [mostMb, mostPct] = [30, 1]
const target = `< ${mostMb} MB and < ${mostPct} % of a core for ${clients}`
const seconds = 30
const sampleMs = 1000

/** What clients that only listen add to the collector's memory and processor time. */
export async function events (bench: Bench): Promise<Figure> {
  const server = await bench.native()
  if (!server.ok) return unmeasured(what, target, server.reason)
  return await within(bench.scope, async (scope) => {
    const collector = await startCollector(scope, { url: await createNativeDatabase(scope, server) })
    const first = await join(collector.port)
    await delay(3000)
    const alone = await watch(collector, seconds * bench.scale)
    bench.progress(`1 client: ${describe(alone)}`)
    const sockets = await Promise.all(Array.from({ length: clients - 1 }, () => join(collector.port)))
    const crowded = await watch(collector, seconds * bench.scale)
    bench.progress(`${clients} clients: ${describe(crowded)}`)
    const open = [first, ...sockets].filter(({ destroyed }) => !destroyed).length
    for (const socket of [first, ...sockets]) socket.destroy()
    // The most against the last: what the garbage collector gives back meanwhile must not hide what clients take.
    const [mb, pct] = [Math.max(...crowded.mb) - alone.mb.at(-1)!, crowded.pct - alone.pct]
    return {
      what,
      measured: `${clients}: ${mb.toFixed(1)} MB, ${pct.toFixed(2)} % of a core`,
      target,
      pass: open === clients && mb < mostMb && pct < mostPct,
      numbers: { events_mb: less(mb) },
      notes: [`one client: ${describe(alone)}; ${clients}: ${describe(crowded)}, the issue engine and the reading of the journal included`, server.description],
      data: { server: server.description, open, alone, crowded },
    }
  })
}

interface Watched { mb: number[], pct: number }

const describe = ({ mb, pct }: Watched): string => `${mb[0]?.toFixed(1)} to ${mb.at(-1)?.toFixed(1)} MB, at most ${Math.max(...mb).toFixed(1)} MB, ${pct.toFixed(2)} %`

/** Memory every second, mean of the processor time. */
async function watch (collector: Collector, forS: number): Promise<Watched> {
  const [cpuS, started] = [collector.cpuS(), performance.now()]
  const mb = [collector.rssMb()]
  while (performance.now() - started < forS * 1000) {
    await delay(sampleMs)
    mb.push(collector.rssMb())
  }
  return { mb, pct: 100_000 * (collector.cpuS() - cpuS) / (performance.now() - started) }
}

/** A client from its first event on. */
async function join (port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.write('GET /events HTTP/1.1\r\nHost: collector\r\n\r\n')
  await once(socket, 'data')
  return socket.resume()
}
