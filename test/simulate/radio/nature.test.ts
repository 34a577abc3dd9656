import t from 'tap'
import { decodeRepeaterStats, encodeCommand } from '../../../src/radio/frames/index.js'
import { Nature } from '../../../src/simulate/radio/nature.js'
import { planWorld } from '../../../src/simulate/radio/plan.js'
import { createSimulatedTransport } from '../../../src/simulate/radio/transport.js'
import { World } from '../../../src/simulate/radio/world.js'
import { quietWorld, type RadioScene } from '../../support/radio-app.js'
import { VirtualClock, virtualStart } from '../../support/virtual-clock.js'

const hourMs = 3_600_000

/** One value for each hour of some days, from midnight UTC. */
async function byHour<T> (clock: VirtualClock, days: number, read: () => T): Promise<T[]> {
  const values: T[] = []
  for (let i = 0; i < 24 * days; i++) {
    values.push(read())
    await clock.run(hourMs)
  }
  return values
}

t.test('a solar battery is full in the afternoon and lowest at dawn, without a jump', async (t) => {
  const clock = new VirtualClock(virtualStart)
  const nature = new Nature(clock, { seed: 1, speed: 1 })
  const cell = { fullMv: 4150, nightDropMv: 300 }
  for (let day = 0; day < 5; day++) {
    const mv = await byHour(clock, 1, () => nature.cellMv(cell, 1))
    t.equal(mv.indexOf(Math.min(...mv)), 7, mv.join())
    t.same(mv.slice(14, 17), [4150, 4150, 4150])
    t.ok(mv[7] !== undefined && mv[7] < 4000 && mv[7] > 3700)
  }
  let before = nature.cellMv(cell, 1)
  for (let minute = 0; minute < 3 * 1440; minute++) {
    await clock.run(60_000)
    const now = nature.cellMv(cell, 1)
    if (Math.abs(now - before) > 3) t.fail(`${before} to ${now} mV in a minute`)
    before = now
  }
})

t.test('it is warm by day; noise and traffic follow people', async (t) => {
  const clock = new VirtualClock(virtualStart)
  const nature = new Nature(clock, { seed: 1, speed: 1 })
  const airC = await byHour(clock, 1, () => nature.airC(1))
  t.ok(airC.indexOf(Math.max(...airC)) >= 14 && airC.indexOf(Math.max(...airC)) <= 18, airC.map((c) => c.toFixed(1)).join())
  t.ok(Math.max(...airC) - Math.min(...airC) > 8 && Math.max(...airC) < 40 && Math.min(...airC) > -20)
  const minutes = await byHour(clock, 2, () => nature.loadedMinutes(virtualStart))
  const perHour = minutes.slice(1).map((each, i) => each - (minutes[i] ?? 0))
  t.ok(perHour.every((each) => each > 0 && each <= 60))
  t.ok((perHour[19] ?? 0) > 3 * (perHour[3] ?? 0))
})

async function statusAfter ({ app, world, clock }: RadioScene): Promise<Uint8Array | null> {
  await app.login(world.repeater('Summit'))
  await clock.run(hourMs)
  return await app.status(world.repeater('Summit'))
}

t.test('the same seed gives the same day, another one another', async (t) => {
  const options = { loss: 0.1, chatterPerMin: 20, seed: 5 }
  const scenes = [quietWorld(options), quietWorld(options), quietWorld({ ...options, seed: 6 })]
  const [one, two, other] = await Promise.all(scenes.map(statusAfter))
  t.same(one, two)
  t.notSame(one, other)
  t.same(scenes[0]?.app.heard, scenes[1]?.app.heard)
})

t.test('counters grow with the traffic of the hour, uptime with time; at a higher speed both go faster and the clocks do not', async (t) => {
  const counts = async (speed: number): Promise<{ recv: number, uptime: number, clockS: number }> => {
    const scene = quietWorld({ speed })
    const hill = scene.world.repeater('Hill')
    await scene.app.login(hill)
    const before = decodeRepeaterStats(await scene.app.status(hill) ?? new Uint8Array())
    const clockS = hill.rtc.nowS()
    await scene.clock.run(hourMs)
    const after = decodeRepeaterStats(await scene.app.status(hill) ?? new Uint8Array())
    return { recv: after.nb_recv - before.nb_recv, uptime: after.uptime - before.uptime, clockS: hill.rtc.nowS() - clockS }
  }
  const [slow, fast] = [await counts(1), await counts(24)]
  t.ok(slow.recv > 20 && slow.recv < 2000, `${slow.recv}`)
  t.ok(fast.recv > 10 * slow.recv, `${fast.recv}`)
  t.ok(slow.uptime >= 3600 && slow.uptime < 3605 && fast.uptime >= 86_400 && fast.uptime < 86_520, `${slow.uptime} ${fast.uptime}`)
  t.equal(slow.clockS, fast.clockS)
})

t.test('as a transport: frames both ways, an end for the first of two, refused while off', async (t) => {
  const clock = new VirtualClock()
  const world = new World(clock, planWorld())
  const transport = createSimulatedTransport(world)
  const { signal } = new AbortController()
  const frames: number[] = []
  const ends: (string | null)[] = []
  const open = async () => await transport.open({ onFrame: (payload) => frames.push(payload[0] ?? -1), onEnd: (error) => ends.push(error?.problem ?? null) }, signal)
  const first = await open()
  first.send(encodeCommand({ is: 'get_time' }))
  await clock.run(10)
  t.same(frames, [9])
  const second = await open()
  t.same(ends, ['lost'])
  t.throws(() => first.send(encodeCommand({ is: 'get_time' })), { name: 'TransportError', message: /ended the connection/ })
  await second.close()
  await second.close()
  t.same(ends, ['lost', null])
  world.companion.powerOff()
  t.match(await open().catch((error: unknown) => error), { problem: 'refused' })
})
