import { existsSync, mkdirSync, rmSync } from 'node:fs'
import t from 'tap'
import { createMessageReader } from '../../src/messages/index.js'
import { RadioError } from '../../src/radio/companion.js'
import type { WorkerEventMessage } from '../../src/radio/messages.js'
import { TransportError } from '../../src/radio/transports/transport.js'
import { createScene, password } from '../support/radio-poller.js'
import { virtualStart } from '../support/virtual-clock.js'

const minuteMs = 60_000
const stepMs = 15 * minuteMs
const isoAt = (ms: number): string => new Date(virtualStart + ms).toISOString()
const told = (events: WorkerEventMessage[]): string[] => events.map(({ event }) => event)

t.test('the companion: all fields of its figures under their own names, its info when it changed', async (t) => {
  const { messages, runFor, mesh, readings } = createScene(t, [])
  await runFor(2 * minuteMs + 1)
  const [first, second] = readings('Base-1')
  t.same(first, {
    schema: 'meshmon.v1', type: 'radio_metrics', node: 'Base-1', role: 'companion', public_key: 'c0'.repeat(32), sent_at: isoAt(0),
    metrics: {
      contacts: 0, battery_mv: 4012, uptime_secs: 86461, errors: 0, queue_len: 0, noise_floor: -117, last_rssi: -92, last_snr: -6.75, tx_air_secs: 321, rx_air_secs: 6543,
      recv: 12000, sent: 345, flood_tx: 300, direct_tx: 45, flood_rx: 11000, direct_rx: 1000, recv_errors: 17,
    },
    info: {
      hardware: 'Simulated', radio: { frequency_mhz: 869.618, bandwidth_khz: 62.5, spreading_factor: 8, coding_rate: 5, tx_power_dbm: 22 },
      connection: 'tcp',
      firmware: { version: 'v1.17.1', build_date: '14 Aug 2026', code: 13 },
    },
  })
  t.equal(second?.info, undefined)
  t.same(messages.map(({ sent_at: at }) => at), [isoAt(0), isoAt(minuteMs), isoAt(2 * minuteMs)])
  t.same(mesh.asked, [], 'no airtime for what the companion knows itself')
})

t.test('the companion: each part may fail alone', async (t) => {
  const { mesh, runFor, readings, poller } = createScene(t, [], { companion: { telemetry: true, connection: 'tcp' } })
  mesh.broken.set('core', new RadioError('refused', 'it does not know that', 1))
  mesh.broken.set('contacts', new RadioError('no_answer', 'nothing'))
  await runFor(1)
  t.match(readings('Base-1')[0]?.metrics, { 'telemetry.voltage.1': 4.01, noise_floor: -117, recv: 12000 })
  t.notOk('battery_mv' in readings('Base-1')[0]!.metrics || 'contacts' in readings('Base-1')[0]!.metrics)
  for (const part of ['radio', 'packets', 'telemetry'] as const) mesh.broken.set(part, new RadioError('no_answer', 'nothing'))
  await runFor(minuteMs)
  t.equal(readings('Base-1').length, 1, 'nothing could be read, nothing is told')
  t.match(poller.figures().radios[0], { name: 'Base-1', rounds: { answered: 1, no_companion: 1 } })
})

t.test('a repeater: login once, then the status alone; its readings as the firmware names them', async (t) => {
  const { mesh, runFor, readings, events, poller } = createScene(t, ['Hill'])
  await runFor(2 * stepMs - 1)
  t.same(mesh.asked.map(({ is }) => is), ['login', 'status', 'status'])
  const [first, second] = readings('Hill')
  t.same(first?.metrics, { ...mesh.repeater('Hill').stats, clock_drift_s: 2 }, 'it was under way for a second')
  t.match(first, { role: 'repeater', public_key: '01'.repeat(32), sent_at: isoAt(0), info: { radio: { spreading_factor: 8 }, clock_drift_s: 2 } })
  t.equal(second?.sent_at, isoAt(stepMs))
  t.same(second?.metrics, mesh.repeater('Hill').stats)
  t.same(events('Hill'), [])
  t.match(poller.figures().radios[1], { name: 'Hill', breaker: 'closed', rounds: { answered: 2, silent: 0 }, lastSuccessMs: Number })
})

t.test('a repeater without a password gets an empty one: whoever it knows, and anybody where guests need none', async (t) => {
  const { mesh, poller, clock } = createScene(t, ['Hill'], { repeaters: [{ name: 'hill', password: '', telemetry: false, neighbours: false }] })
  mesh.repeater('Hill').knowsUs = true
  const polled = await clock.until(poller.once(new AbortController().signal))
  t.match(polled, [{ node: 'Base-1' }, { node: 'hill', result: 'answered', readings: { bat: 3987 } }])
  t.same(mesh.asked.map(({ is }) => is), ['login', 'status'])
})

t.test('right after a start a receiver has no figures', async (t) => {
  const { mesh, runFor, readings } = createScene(t, ['Hill'])
  Object.assign(mesh.repeater('Hill').stats, { noise_floor: 0, last_rssi: 0, last_snr: 0 })
  await runFor(minuteMs)
  t.match(readings('Hill')[0]?.metrics, { bat: 3987, noise_floor: undefined, last_rssi: undefined, last_snr: undefined })
  Object.assign(mesh.repeater('Hill').stats, { last_rssi: -90 })
  await runFor(stepMs)
  t.match(readings('Hill')[1]?.metrics, { noise_floor: undefined, last_rssi: -90, last_snr: 0 }, 'it has heard the request, and not measured the noise')
  Object.assign(mesh.repeater('Hill').stats, { noise_floor: -112 })
  await runFor(stepMs)
  t.match(readings('Hill')[2]?.metrics, { noise_floor: -112, last_rssi: -90, last_snr: 0 })
})

t.test('a wrong password is silence: the reason says what it may be, and no secret gets out', async (t) => {
  const { mesh, runFor, events, messages, logged, readings } = createScene(t, ['Hill'])
  mesh.repeater('Hill').password = 'another'
  await runFor(7 * minuteMs)
  t.same(mesh.asked.map(({ is }) => is), ['login', 'status', 'login', 'status'])
  t.same(told(events('Hill')), ['login_failed', 'poll_failed'])
  t.match(events('Hill')[1], { reason: 'no answer: password, clock, path or radio', details: { tries: 2, logins: 2, route: 'direct', hops: 0 } })
  t.same(readings('Hill'), [])
  t.notOk(JSON.stringify([messages, logged]).includes(password))
})

t.test('a wrong password of one who is known all the same: told once, and no more logins', async (t) => {
  const { mesh, runFor, events, readings } = createScene(t, ['Hill'])
  Object.assign(mesh.repeater('Hill'), { password: 'another', knowsUs: true })
  await runFor(4 * stepMs - 1)
  t.equal(readings('Hill').length, 4)
  t.same(mesh.asked.map(({ is }) => is), ['login', 'status', 'login', 'status', 'status', 'status'])
  t.same(told(events('Hill')), ['login_failed'])
  t.match(events('Hill')[0]?.reason, /the password may be wrong/)
})

t.test('who is silent is asked again later in the step, and a success after a failure is told', async (t) => {
  const { mesh, runFor, events, readings } = createScene(t, ['Hill'])
  mesh.repeater('Hill').isUp = false
  await runFor(5 * minuteMs)
  t.same(told(events('Hill')), ['login_failed', 'poll_failed'])
  mesh.repeater('Hill').isUp = true
  await runFor(9 * minuteMs)
  t.same(told(events('Hill')), ['login_failed', 'poll_failed', 'poll_ok'])
  t.equal(readings('Hill').length, 1)
  mesh.repeater('Hill').isUp = false
  await runFor(stepMs)
  t.match(events('Hill').at(-1), { event: 'poll_failed', public_key: /^[0-9a-f]{64}$/, reason: 'no answer to 2 requests', details: { last_answer: String } })
})

t.test('an answer in the pause between two tries counts', async (t) => {
  const { mesh, runFor, events, readings } = createScene(t, ['Hill'])
  Object.assign(mesh.repeater('Hill'), { knowsUs: true, lateMs: 10_500 })
  await runFor(minuteMs)
  t.same(mesh.asked.map(({ is }) => is), ['login', 'status'], 'the login stays without an answer, the status is late')
  t.equal(readings('Hill').length, 1)
  t.same(events('Hill'), [])
})

t.test('an answer after the last try is kept and ends the failure', async (t) => {
  const { mesh, runFor, events, readings, poller } = createScene(t, ['Hill'])
  Object.assign(mesh.repeater('Hill'), { knowsUs: true, lateMs: 30_000 })
  await runFor(3 * minuteMs)
  t.same(mesh.asked.map(({ is }) => is), ['login', 'status', 'login', 'status'])
  t.same(told(events('Hill')), ['login_failed', 'poll_failed', 'poll_ok'])
  t.same(readings('Hill').map(({ sent_at: at, metrics }) => [at, metrics.bat]), [[isoAt(0), 3987]])
  t.match(poller.figures().radios[1], { late: 1, rounds: { silent: 1, answered: 0 } })
  await runFor(5 * minuteMs)
  t.equal(mesh.asked.length, 4, 'no second round is needed')
})

t.test('not among the contacts: told with who is, and no failure of the repeater', async (t) => {
  const { mesh, runFor, events, poller } = createScene(t, ['Hill', 'Tower'], { repeaters: [{ name: 'Mountain', password: '', telemetry: false, neighbours: false }], breakerFails: 1 })
  await runFor(2 * stepMs - 1)
  t.same(told(events('Mountain')), ['poll_failed', 'poll_failed'])
  t.match(events('Mountain')[0], { reason: 'not found among the 2 contacts of the companion', details: { contacts: ['Hill', 'Tower'] } })
  t.match(poller.figures().radios[1], { breaker: 'closed', rounds: { not_found: 2 } })
  t.same(mesh.asked, [])
})

t.test('trouble of the companion counts against no repeater, and polling goes on behind it', async (t) => {
  const { mesh, runFor, events, readings, poller } = createScene(t, ['Hill'], { breakerFails: 1 })
  mesh.trouble = new TransportError('lost', 'the port is gone', 'plug it in')
  await runFor(5 * minuteMs)
  t.same(events('Hill'), [])
  t.match(poller.figures().radios[1], { breaker: 'closed', rounds: { silent: 0 } })
  mesh.trouble = null
  await runFor(2 * minuteMs)
  t.equal(readings('Hill').length, 1)

  mesh.repeater('Hill').isUp = false
  await runFor(8 * minuteMs + 5000)
  t.equal(mesh.asked.at(-1)?.is, 'status', 'a request is on the air')
  mesh.drop()
  await runFor(minuteMs)
  t.same(events('Hill'), [], 'the connection ended, so nobody knows whether it answers')
})

t.test('a companion that hangs behind a silent round, or refuses to send, is no failure either', async (t) => {
  const { mesh, runFor, events, poller } = createScene(t, ['Hill'], { breakerFails: 1 })
  mesh.broken.set('request', new RadioError('queue_full', 'the companion can send nothing more at present', 3))
  mesh.repeater('Hill').knowsUs = true
  await runFor(4 * minuteMs)
  t.match(events('Hill'), [{ event: 'poll_failed', reason: 'the companion can send nothing more at present' }])
  t.match(poller.figures().radios[1], { breaker: 'closed', rounds: { refused: 1 } })
})

t.test('a clock that is ahead is named', async (t) => {
  const { mesh, runFor, events } = createScene(t, ['Hill'])
  await runFor(minuteMs)
  mesh.repeater('Hill').isUp = false
  mesh.clockCheck = { state: 'ahead', offsetS: 320 }
  await runFor(stepMs)
  t.match(events('Hill')[0], { reason: 'no answer, and the companion\'s clock is 320 s ahead of this host\'s', details: { companion_clock: 'ahead', companion_clock_offset_s: 320 } })
})

t.test('a stale path is forgotten after two silent rounds, so that the next request floods', async (t) => {
  const { mesh, runFor, events, readings } = createScene(t, ['Hill'])
  Object.assign(mesh.repeater('Hill'), { hops: 2, trueHops: 1 })
  await runFor(minuteMs)
  mesh.repeater('Hill').pathIsBroken = true
  await runFor(2 * stepMs)
  t.match(events('Hill').filter(({ event }) => event === 'poll_failed').map(({ details }) => details), [{ route: 'direct', hops: 2 }, { path_reset: true }])
  await runFor(stepMs)
  t.equal(readings('Hill').at(-1)?.metrics.bat, 3987)
  t.equal(mesh.repeater('Hill').hops, 1, 'the answer to the flood told the new path')
})

t.test('telemetry and neighbours: their own messages, all with the time of the round', async (t) => {
  const { mesh, runFor, readings, poller } = createScene(t, ['Hill'], { repeater: { telemetry: true, neighbours: true, battery: { chemistry: 'lifepo4', cells: 4 }, displayName: 'On the hill' }, budgetSPerH: 600 })
  Object.assign(mesh.repeater('Hill'), {
    telemetry: [{ channel: 1, type: 103, name: 'temperature', value: 21.5 }, { channel: 1, type: 103, name: 'temperature', value: 45 }, { channel: 2, type: 136, name: 'gps', value: { latitude: 48.1, longitude: 11.5, altitude: 520 } }],
    neighbours: Array.from({ length: 13 }, (_, i) => ({ prefix: new Uint8Array(6).fill(i), agoS: 60 * i, snrDb: 5.25 })),
  })
  await runFor(2 * minuteMs)
  const [status, telemetry, neighbours] = readings('Hill')
  t.match(status?.info, { display_name: 'On the hill', battery: { chemistry: 'lifepo4', cells: 4 } })
  t.same(telemetry?.metrics, {
    'telemetry.temperature.1': 21.5, 'telemetry.temperature.1.2': 45, 'telemetry.gps.2.latitude': 48.1, 'telemetry.gps.2.longitude': 11.5, 'telemetry.gps.2.altitude': 520,
  })
  t.match(neighbours, { metrics: { neighbours: 13 }, info: { neighbours: [{ prefix: '000000000000', snr_db: 5.25, seen_s: 0 }, { seen_s: 60 }] } })
  t.equal((neighbours?.info?.neighbours as unknown[]).length, 13)
  t.same(new Set(readings('Hill').map(({ sent_at: at }) => at)), new Set([isoAt(0)]))
  t.same(mesh.asked.map(({ is }) => is), ['login', 'status', 'telemetry', 'neighbours', 'neighbours'])
  t.match(poller.figures().radios[1]?.rounds, { answered: 1 })
})

t.test('neighbours are asked for once an hour, whether they answer or not, by another process too', async (t) => {
  const { mesh, runFor, restart } = createScene(t, ['Hill'], { budgetSPerH: 600, repeater: { neighbours: true } })
  const asked = (is: string): number => mesh.asked.filter((one) => one.is === is).length
  mesh.repeater('Hill').neighbours = [{ prefix: new Uint8Array(6), agoS: 60, snrDb: 5.25 }]
  await runFor(3 * stepMs)
  await restart()
  await runFor(5 * stepMs)
  t.ok(asked('status') >= 7)
  t.equal(asked('neighbours'), 2)
})

t.test('a message that can not be kept is lost, the next is not', async (t) => {
  const { runFor, messages, diskTrouble, poller, readings, logged } = createScene(t, ['Hill'])
  const lines = (pattern: RegExp): string[] => logged.filter((line) => pattern.test(line) && !line.includes('"level":20'))
  diskTrouble.error = new Error('no space left on device')
  await runFor(5 * minuteMs + 1)
  t.same(messages, [])
  t.equal(poller.figures().unreported, 7)
  t.equal(lines(/no space left on device/).length, 1, 'one line, not one for each message')
  diskTrouble.error = null
  await runFor(minuteMs)
  t.ok(readings('Base-1')[0]?.info, 'what was not kept is news still')
  t.equal(lines(/kept again; 7 messages were lost/).length, 1)
  await runFor(stepMs)
  t.equal(readings('Hill').length, 1)
})

t.test('a state that can not be written is told once, until it could be', async (t) => {
  const { runFor, stateFile, logged } = createScene(t, ['Hill', 'Tower'])
  const count = (): number => logged.filter((line) => line.includes(`${stateFile} can't be written`)).length
  mkdirSync(stateFile)
  await runFor(2 * stepMs)
  t.equal(count(), 1)
  rmSync(stateFile, { recursive: true })
  await runFor(stepMs)
  t.ok(existsSync(stateFile))
  rmSync(stateFile)
  mkdirSync(stateFile)
  await runFor(stepMs)
  t.equal(count(), 2)
})

t.test('trouble that the connection has told is not told again for each round; other trouble is', async (t) => {
  const { mesh, runFor, logged } = createScene(t, ['Hill', 'Tower'])
  const count = (pattern: RegExp): number => logged.filter((line) => pattern.test(line) && !line.includes('"level":20')).length
  mesh.trouble = new TransportError('unreachable', 'the radio is away', 'switch it on')
  await runFor(5 * minuteMs)
  t.equal(count(/the radio is away/), 0)
  mesh.trouble = new RadioError('queue_full', 'its pool is full')
  await runFor(5 * minuteMs)
  t.ok(count(/its pool is full/) > 0)
})

t.test('once ends where the companion can not be used, and when it is interrupted, with what was done', async (t) => {
  const { mesh, clock, poller } = createScene(t, ['Hill', 'Tower', 'Lake'])
  const stop = new AbortController()
  mesh.trouble = new TransportError('unreachable', 'the radio is away', 'switch it on')
  t.match(await clock.until(poller.once(stop.signal)), [{ node: 'companion', result: 'no_companion', reason: 'the radio is away' }])
  t.equal(mesh.connections, 1)
  mesh.trouble = null
  mesh.repeater('Tower').isUp = false
  const polling = poller.once(stop.signal)
  await clock.run(5000)
  stop.abort(new Error('interrupted'))
  t.match((await clock.until(polling)).map(({ node, result }) => [node, result]), [['Base-1', 'answered'], ['Hill', 'answered']])
  t.same(mesh.asked.filter(({ name }) => name === 'Lake'), [])
})

t.test('the collector takes every message', async (t) => {
  const { mesh, runFor, messages } = createScene(t, ['Hill', 'Tower'], { breakerFails: 2, repeater: { telemetry: true, neighbours: true } })
  mesh.repeater('Tower').isUp = false
  await runFor(2 * stepMs)
  mesh.repeater('Tower').isUp = true
  await runFor(6 * stepMs)
  t.same([...new Set(messages.filter(({ type }) => type === 'worker_event').map((message) => 'event' in message && message.event))].sort(), ['breaker_closed', 'breaker_open', 'login_failed', 'poll_failed', 'poll_ok'])
  const read = createMessageReader()
  const context = { networkStatusTiming: 'trusted' } as const
  for (const message of messages) {
    const result = read(JSON.parse(JSON.stringify(message)), { ...context, receivedAt: Date.parse(message.sent_at) * 1000 })
    if (!result.ok) t.fail(JSON.stringify({ message, result }))
  }
  t.equal(new Set(messages.map((message) => JSON.stringify([message.node, message.sent_at, 'event' in message ? message.event : Object.keys(message.metrics)]))).size, messages.length, 'each has its own identity')
})

t.test('two radios of one name are told apart', async (t) => {
  const { mesh, clock, poller } = createScene(t, ['Base-1', 'Hill'], {
    repeaters: ['01', '02', '03'].map((byte) => ({ keyPrefix: byte.repeat(4), password, telemetry: false, neighbours: false })),
  })
  mesh.repeaters.push({ ...mesh.repeater('Hill'), key: new Uint8Array(32).fill(3) })
  const polled = await clock.until(poller.once(new AbortController().signal))
  t.same(polled.map(({ node }) => node), ['Base-1', 'Base-1 010101010101', 'Hill', 'Hill 030303030303'])
  t.ok(polled.every(({ result }) => result === 'answered'))
})

t.test('a set clock of the host disturbs neither steps nor the times of a run', async (t) => {
  const { mesh, clock, runFor, readings } = createScene(t, ['Hill'])
  await runFor(stepMs / 2)
  clock.setNow(virtualStart + 365 * 86_400_000)
  await runFor(stepMs)
  clock.setNow(virtualStart)
  await runFor(stepMs)
  t.equal(mesh.asked.filter(({ is }) => is === 'status').length, 3)
  t.same(readings('Hill').map(({ sent_at: at }) => at.slice(0, 4)), ['2026', '2027', '2026'])
})
