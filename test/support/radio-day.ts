import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import type { WorkerMessage } from '../../src/radio/messages.js'
import { createPoller, type PollerFigures } from '../../src/radio/poller.js'
import { openCompanion } from '../../src/radio/session.js'
import { planWorld } from '../../src/simulate/radio/plan.js'
import { createSimulatedTransport } from '../../src/simulate/radio/transport.js'
import { World } from '../../src/simulate/radio/world.js'
import { pollSettings } from './radio-poller.js'
import { VirtualClock, virtualStart } from './virtual-clock.js'

export interface RadioDayOptions {
  repeaters: number
  hours: number
  budgetSPerH: number
  /** Share of packets that are lost on each way. */
  loss: number
  seed: number
  /** For the poller's state; made where it is missing. */
  folder: string
}

export interface RadioDay {
  figures: PollerFigures
  /** Steps of repeaters without a reading, of all. */
  missed: number
  steps: number
  /** Airtime of everything that was really sent, in the hour that holds most of it. */
  busiestHourS: number
  airtimeS: number
  waits: Waits
}

/** Between the readings of one repeater, s. */
interface Waits {
  /** The mean of the repeater that waits least, and of the one that waits most. */
  leastMeanS: number
  mostMeanS: number
  /** Until everybody has been read once: before that a round takes many times as much, since no path is known and every login floods. */
  learningS: number
  /** Of single waits that begin after that. */
  shortestS: number
  longestS: number
  /** Readings of one repeater before another has its first, at most. */
  mostBeforeAll: number
}

const hourMs = 3_600_000
const stepMs = pollSettings.repeaterStepS * 1000

/** Polls a simulated world over its transport, frame by frame, on a clock that does not wait. Others are silent on its channel. */
export async function playRadioDay ({ repeaters, hours, budgetSPerH, loss, seed, folder }: RadioDayOptions): Promise<RadioDay> {
  mkdirSync(folder, { recursive: true })
  const clock = new VirtualClock()
  const world = new World(clock, planWorld({ seed, repeaters, loss, advertEveryS: 0 }))
  const sent = watchAir(world, clock)
  const log = pino({ level: 'silent' })
  const stop = new AbortController()
  const companion = await clock.until(openCompanion({ transport: createSimulatedTransport(world), clock, log, signal: stop.signal }))
  const messages: WorkerMessage[] = []
  const poller = createPoller({
    connection: { use: async (work) => await work(companion) },
    settings: {
      ...pollSettings, budgetSPerH,
      repeaters: world.plan.repeaters.map(({ name, password }) => ({ name, password, telemetry: false, neighbours: false })),
    },
    stateFile: join(folder, 'radio-state.json'),
    report: async (message) => { messages.push(message) },
    clock,
    log,
  })
  const running = poller.run(stop.signal)
  await clock.run(hours * hourMs)
  stop.abort()
  await clock.until(running)
  await clock.until(companion.close())

  const times = new Map(world.repeaters.map(({ name }) => [name, [] as number[]]))
  for (const message of messages) if (message.type === 'radio_metrics' && 'bat' in message.metrics) times.get(message.node)?.push(Date.parse(message.sent_at) - virtualStart)
  return { figures: poller.figures(), ...missedOf([...times.values()], hours), ...airtimeOf(sent), waits: waitsOf([...times.values()]) }
}

interface Transmission { atMs: number, ms: number }

function watchAir (world: World, clock: VirtualClock): Transmission[] {
  const transmissions: Transmission[] = []
  for (const { counters } of [world.companion, ...world.repeaters]) {
    const count = counters.sent.bind(counters)
    counters.sent = (isFlood, airMs) => {
      transmissions.push({ atMs: clock.monotonicMs(), ms: airMs })
      count(isFlood, airMs)
    }
  }
  return transmissions
}

/** A repeater's step begins where its first round would, spread over the step; the last one may be under way still. */
function missedOf (times: number[][], hours: number): { missed: number, steps: number } {
  const steps = hours * hourMs / stepMs - 1
  const missed = times.map((of, i) => {
    const firstMs = i * stepMs / times.length
    return steps - new Set(of.map((ms) => Math.floor((ms - firstMs) / stepMs)).filter((step) => step < steps)).size
  })
  return { missed: missed.reduce((sum, count) => sum + count, 0), steps: steps * times.length }
}

function airtimeOf (sent: Transmission[]): { busiestHourS: number, airtimeS: number } {
  let [busiestMs, hourlyMs, oldest] = [0, 0, 0]
  for (const { atMs, ms } of sent) {
    hourlyMs += ms
    for (; sent[oldest]!.atMs <= atMs - hourMs; oldest++) hourlyMs -= sent[oldest]!.ms
    busiestMs = Math.max(busiestMs, hourlyMs)
  }
  return { busiestHourS: busiestMs / 1000, airtimeS: sent.reduce((sum, { ms }) => sum + ms, 0) / 1000 }
}

function waitsOf (times: number[][]): Waits {
  const learnedMs = Math.max(...times.map(([first = Infinity]) => first))
  const between = (of: number[]): number[] => of.slice(1).map((ms, i) => (ms - of[i]!) / 1000)
  const means = times.map(between).map((of) => of.reduce((sum, s) => sum + s, 0) / of.length)
  const single = times.flatMap((of) => between(of.filter((ms) => ms >= learnedMs)))
  return {
    leastMeanS: Math.min(...means),
    mostMeanS: Math.max(...means),
    learningS: learnedMs / 1000,
    shortestS: Math.min(...single),
    longestS: Math.max(...single),
    mostBeforeAll: Math.max(...times.map((of) => of.filter((ms) => ms < learnedMs).length)),
  }
}
