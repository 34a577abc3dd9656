import { parseRanges } from '../../src/aredn/ranges.js'
import type { ReadOutcome } from '../../src/aredn/read-node.js'
import { Walker, type WalkerFigures } from '../../src/aredn/walker.js'
import { subjectText } from '../../src/simulate/faults.js'
import { answerOf } from '../../src/simulate/aredn/answer.js'
import type { ArednWorld } from '../../src/simulate/aredn/world.js'
import { VirtualClock } from './virtual-clock.js'

const answerMs = 400
const silenceMs = 5000

/** What the AREDN worker's walker reports of a simulated mesh from `fromMs` on, on a clock that does not wait. */
export async function walkWorld (world: ArednWorld, { fromMs, spanMs, stepMs }: { fromMs: number, spanMs: number, stepMs: number }): Promise<{ messages: object[], figures: WalkerFigures }> {
  const clock = new VirtualClock(fromMs)
  const messages: object[] = []
  const walker = new Walker({
    seeds: [world.addressOf(world.mesh.collector, fromMs)], stepMs, concurrency: 4, rate: 10, ranges: parseRanges(['127.0.0.0/8']), include: [], exclude: [], mostNodes: 10_000, clock,
    memory: { read: () => [], save: () => {} },
    log: { info: () => {}, warn: () => {}, debug: () => {} },
    async read ({ host, address }, flags, signal): Promise<ReadOutcome> {
      const node = world.nodeAt(address ?? host, clock.now())
      const isThere = node !== undefined && world.isReachable(node, clock.now())
      await clock.wait(isThere ? answerMs : silenceMs, signal).catch(() => {})
      const common = { address: address ?? host, bytes: 2000, requests: 1 }
      if (!isThere) return { ok: false, ...common, failure: 'timeout', detail: 'no connection' }
      return { ok: true, ...common, sysinfo: answerOf(world, node, clock.now(), new Set([...new URLSearchParams(flags).keys()])) }
    },
    pushers: async () => [],
    readPage: async () => ({ ok: false, address: null, bytes: 0, requests: 1, failure: 'status', detail: 'status 404' }),
    report: async (message) => { messages.push(message) },
  })
  const stop = new AbortController()
  const running = walker.run(stop.signal)
  await clock.run(spanMs)
  stop.abort(new Error('the end'))
  await clock.until(running)
  return { messages, figures: walker.figures() }
}

/** Steps from the beginning of each fault to the incident of its rule about its subject; null where there is none. */
export function stepsUntilOpen (world: ArednWorld, incidents: readonly { kind: string, subject: string, opened_at: string }[], { rule, stepMs }: { rule: string, stepMs: number }): { subject: string, steps: number | null }[] {
  return world.faults.map((fault) => {
    const subject = subjectText(world.mesh, fault.subject)
    const found = incidents.find((one) => one.kind === rule && one.subject.toLowerCase() === subject.toLowerCase() && Date.parse(one.opened_at) >= fault.start)
    return { subject, steps: found === undefined ? null : (Date.parse(found.opened_at) - fault.start) / stepMs }
  })
}
