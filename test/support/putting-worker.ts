// A worker that puts radio readings until it is killed, or `count` of them and then waits until all are delivered. Prints `kept N` for each that it was told is kept.
import pino from 'pino'
import { openDelivery } from '../../src/delivery/delivery.js'

const [folder = '', collectorUrl = '', first = '', count = ''] = process.argv.slice(2)
const delivery = await openDelivery({ folder, collectorUrl: new URL(collectorUrl), log: pino({ level: 'silent' }), now: Date.now })
const start = Number(first)
const end = start + Number(count)
const startMs = Date.UTC(2026, 0, 1)

async function put (n: number): Promise<void> {
  await delivery.put({ schema: 'meshmon.v1', type: 'radio_metrics', node: 'radio', role: 'companion', sent_at: new Date(startMs + n * 1000).toISOString(), metrics: { recv: n, sent: n } })
    .then(() => process.stdout.write(`kept ${n}\n`), (error: Error) => process.stdout.write(`lost ${n}: ${error.message}\n`))
}

for (let n = start; n < end;) {
  const burst = Array.from({ length: Math.min(end - n, 1 + n % 5) }, (_, i) => n + i)
  await Promise.all(burst.map(put))
  n += burst.length
}
process.stdout.write((await delivery.drain(60_000)) ? 'delivered\n' : 'not delivered\n')
await delivery.close()
