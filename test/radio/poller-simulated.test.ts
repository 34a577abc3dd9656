import { join } from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import type { WorkerMessage } from '../../src/radio/messages.js'
import { createPoller } from '../../src/radio/poller.js'
import { openCompanion } from '../../src/radio/session.js'
import { planWorld } from '../../src/simulate/radio/plan.js'
import { createSimulatedTransport } from '../../src/simulate/radio/transport.js'
import { World } from '../../src/simulate/radio/world.js'
import { pollSettings } from '../support/radio-poller.js'
import { VirtualClock } from '../support/virtual-clock.js'

const minuteMs = 60_000
const stepMs = 15 * minuteMs

/** A poller of the simulated radio, frame by frame. */
async function poll (t: Test, { repeaters = 1, passwordOf = (password: string) => password }: { repeaters?: number, passwordOf?: (password: string) => string } = {}) {
  const clock = new VirtualClock()
  const world = new World(clock, planWorld({ repeaters, advertEveryS: 0 }))
  const stop = new AbortController()
  const log = pino({ level: 'silent' })
  const companion = await clock.until(openCompanion({ transport: createSimulatedTransport(world), clock, log, signal: stop.signal }))
  const messages: WorkerMessage[] = []
  const running = createPoller({
    connection: { use: async (work) => await work(companion) },
    settings: { ...pollSettings, repeaters: world.plan.repeaters.map(({ name, password }) => ({ name, password: passwordOf(password), telemetry: true, neighbours: true })) },
    stateFile: join(t.testdir({}), 'radio-state.json'),
    report: async (message) => { messages.push(message) },
    clock,
    log,
  }).run(stop.signal)
  t.teardown(async () => {
    stop.abort()
    await clock.until(running)
    await clock.until(companion.close())
  })
  return { clock, world, messages, of: (node: string) => messages.filter((message) => message.node === node) }
}

t.test('a round of a simulated repeater: status, telemetry, neighbours', async (t) => {
  const { clock, of } = await poll(t)
  await clock.run(2 * minuteMs)
  const [status, telemetry, neighbours] = of('Hill')
  t.match(status, { type: 'radio_metrics', role: 'repeater', public_key: /^[0-9a-f]{64}$/, metrics: { bat: Number, uptime: Number, clock_drift_s: Number, recv_errors: Number } })
  t.match(telemetry, { metrics: { 'telemetry.voltage.1': Number } })
  t.match(neighbours, { metrics: { neighbours: Number } })
  t.equal(new Set(of('Hill').map(({ sent_at: at }) => at)).size, 1)
})

t.test('a simulated repeater of default firmware lets a worker without a password in as a guest', async (t) => {
  const { clock, of } = await poll(t, { passwordOf: () => '' })
  await clock.run(5 * minuteMs)
  t.match(of('Hill')[0], { type: 'radio_metrics', metrics: { bat: Number } })
  t.notOk(of('Hill').some(({ type }) => type === 'worker_event'))
})

t.test('a simulated repeater says nothing to a wrong password', async (t) => {
  const { clock, of } = await poll(t, { passwordOf: () => 'wrong' })
  await clock.run(5 * minuteMs)
  t.match(of('Hill').map((message) => 'event' in message && [message.event, message.reason]), [
    ['login_failed', /password/],
    ['poll_failed', 'no answer: password, clock, path or radio'],
  ])
})

t.test('a repeater that forgot us, as guests are after a restart, is logged in to again', async (t) => {
  const { clock, world, of } = await poll(t)
  await clock.run(2 * minuteMs)
  const before = of('Hill').length
  world.repeater('Hill').forgetClients()
  await clock.run(stepMs)
  t.match(of('Hill').slice(before)[0], { type: 'radio_metrics', metrics: { bat: Number, clock_drift_s: Number } })
})

t.test('a companion whose clock was set back is set right within the round', async (t) => {
  const { clock, world, of } = await poll(t)
  await clock.run(2 * minuteMs)
  const before = of('Hill').length
  // Behind a serial converter its restart ends no connection.
  world.companion.rtc.boot()
  world.companion.rtc.setOffset(-3600)
  await clock.run(stepMs)
  t.match(of('Hill').slice(before)[0], { type: 'radio_metrics', metrics: { bat: Number } })
})

t.test('a host whose clock is a day behind the companion\'s: the clock is left, readings come, with the host\'s time', async (t) => {
  const { clock, world, of } = await poll(t)
  world.companion.rtc.setOffset(86_400)
  await clock.run(stepMs + 2 * minuteMs)
  t.equal(Math.round(world.companion.rtc.nowS() - clock.now() / 1000), 86_400, 'it can not be set back')
  t.ok(of('Hill').filter((message) => 'metrics' in message && 'bat' in message.metrics).length >= 1)
  t.ok(of('Hill').every(({ sent_at: at }) => Math.abs(Date.parse(at) - clock.now()) < 3_600_000))
})
