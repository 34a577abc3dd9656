import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { once } from 'node:events'
import { runMeshmon } from '../../test/support/process.js'
import { less, type Bench, type Figure } from '../support/bench.js'
import { startLoad } from '../support/load.js'
import { embeddedFolder, settingsFor, startCollector, type Storage } from '../support/programs.js'
import { within, type Scope } from '../support/scope.js'
import { createNativeDatabase } from '../support/servers.js'
import { count, median } from '../support/stats.js'

const rows = 2_000_000
const mostFillS = 90
const pollMs = 5
const giveUpMs = 60_000

interface Started { which: string, mostS: number, rows: number, healthzS: number, readyzS: number }

/** From the start of the process to the first 200 of /healthz and of /readyz, on data that a collector left behind. */
export async function start (bench: Bench): Promise<Figure> {
  const server = await bench.native()
  const started = [
    await within(bench.scope, async (scope) => await measure(bench, scope, { which: 'embedded', mostS: 5, storage: embeddedFolder(scope) })),
    ...(server.ok ? [await within(bench.scope, async (scope) => await measure(bench, scope, { which: 'native', mostS: 1, storage: { url: await createNativeDatabase(scope, server) } }))] : []),
  ]
  return {
    what: 'start to first 200, existing data',
    measured: started.map(({ which, readyzS, healthzS }) => `${which}: /readyz ${readyzS.toFixed(2)} s, /healthz ${healthzS.toFixed(2)} s`).join('; '),
    target: '< 5 s embedded, < 1 s native',
    pass: started.every(({ readyzS, mostS }) => readyzS < mostS),
    numbers: Object.fromEntries(started.map(({ which, readyzS }) => [`start_${which}_s`, less(readyzS)])),
    notes: [
      ...started.map((one) => `${one.which}: ${count(one.rows)} rows present`),
      'the target is taken for /readyz',
      ...(server.ok ? [server.description] : [`native not measured: ${server.reason}`]),
    ],
    data: { started },
  }
}

async function measure (bench: Bench, scope: Scope, { which, mostS, storage }: { which: string, mostS: number, storage: Storage }): Promise<Started> {
  const filled = await within(scope, async (inner) => await fill(bench, inner, storage))
  const port = await freePort()
  const [healthz, readyz]: [number[], number[]] = [[], []]
  for (let round = 0; round < bench.rounds; round++) {
    await within(scope, async (inner) => {
      const began = performance.now()
      const program = runMeshmon(inner, ['serve'], settingsFor(storage, port))
      healthz.push((await firstOk(`http://127.0.0.1:${port}/healthz`) - began) / 1000)
      readyz.push((await firstOk(`http://127.0.0.1:${port}/readyz`) - began) / 1000)
      program.child.kill('SIGTERM')
      await program.ended
    })
    bench.progress(`${which}, start ${round + 1}: /healthz ${healthz.at(-1)!.toFixed(2)} s, /readyz ${readyz.at(-1)!.toFixed(2)} s`)
  }
  return { which, mostS, rows: filled, healthzS: median(healthz), readyzS: median(readyz) }
}

async function fill (bench: Bench, scope: Scope, storage: Storage): Promise<number> {
  const collector = await startCollector(scope, storage)
  const load = await startLoad(scope, { port: collector.port, file: await bench.traffic(), perRequest: 100, connections: 8, maxLatencies: 0 })
  const until = performance.now() + mostFillS * bench.scale * 1000
  let stored = 0
  for (let pass = 0; stored < rows * bench.scale && performance.now() < until; pass++) stored += (await load.run({ firstPass: pass })).stored
  return stored
}

/** When that address first answers 200, as performance.now() counts. */
async function firstOk (url: string): Promise<number> {
  const giveUp = performance.now() + giveUpMs
  while (performance.now() < giveUp) {
    const ok = await fetch(url, { headers: { connection: 'close' } }).then((answer) => answer.status === 200, () => false)
    if (ok) return performance.now()
    await delay(pollMs)
  }
  throw new Error(`${url} did not answer 200 within ${giveUpMs / 1000} s`)
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
