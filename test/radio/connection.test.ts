import t from 'tap'
import type { Companion } from '../../src/radio/companion.js'
import { createConnection } from '../../src/radio/connection.js'
import { TransportError } from '../../src/radio/transports/transport.js'
import { catchLog, ScriptedCompanion, type Answers } from '../support/scripted-companion.js'
import { VirtualClock, virtualStart } from '../support/virtual-clock.js'

const MINUTE_MS = 60_000

function connect (options: { sharing?: boolean, answers?: Answers } = {}) {
  const clock = new VirtualClock()
  const radio = new ScriptedCompanion(clock, { get_custom_vars: () => [{ is: 'custom_vars', vars: {} }], ...options.answers })
  const { log, lines } = catchLog()
  const connection = createConnection({ transport: radio, clock, log, sharing: options.sharing ?? false, random: () => 1 })
  const { signal } = new AbortController()
  const poll = () => connection.use((companion) => companion.customVars(), signal)
  return { clock, radio, connection, lines, poll, signal }
}

const away = () => new TransportError('refused', 'connection refused', 'switch it on')

t.test('one connection serves every use', async (t) => {
  const { clock, radio, connection, poll } = connect()
  t.match(connection.state(), { radio: 'script', connected: false, sinceMs: null, clock: null, lastError: null })
  t.same(await clock.until(Promise.all([poll(), poll()])), [{}, {}])
  await clock.until(poll())
  t.equal(radio.opened, 1)
  t.match(connection.state(), { connected: true, sinceMs: virtualStart, reconnects: 0, failures: 0, secondClient: false, clock: { state: 'right' } })
  await connection.close()
  t.notOk(radio.isOpen)
  t.notOk(connection.state().connected)
  await t.rejects(poll(), { name: 'RadioError', problem: 'closed' })
})

t.test('what the work throws is passed on', async (t) => {
  const { clock, connection, signal } = connect()
  await t.rejects(clock.until(connection.use(async () => { throw new Error('mine') }, signal)), { message: 'mine' })
  t.ok(connection.state().connected)
})

t.test('after a lost connection the next use connects anew, no sooner than 1 s', async (t) => {
  const { clock, radio, connection, poll } = connect()
  await clock.until(poll())
  await clock.run(2 * MINUTE_MS)
  radio.drop()
  await clock.run(0)
  const polled = poll()
  await clock.run(999)
  t.equal(radio.opened, 1)
  t.match(connection.state(), { connected: false, retryMs: virtualStart + 2 * MINUTE_MS + 1000, lastError: { problem: 'lost' } })
  await clock.until(polled)
  t.match(connection.state(), { connected: true, reconnects: 1, retryMs: null, lastError: { problem: 'lost', atMs: virtualStart + 2 * MINUTE_MS, remedy: 'look at it' } })
})

t.test('the back-off doubles from 1 s to 60 s and starts anew after a stable minute', async (t) => {
  const { clock, radio, connection, poll } = connect()
  for (let failure = 0; failure < 9; failure++) radio.refusals.push(away())
  const waits: number[] = []
  for (let failure = 0; failure < 9; failure++) {
    const beforeMs = clock.monotonicMs()
    await t.rejects(clock.until(poll()), { name: 'TransportError', problem: 'refused', remedy: 'switch it on' })
    waits.push(clock.monotonicMs() - beforeMs)
  }
  t.same(waits, [0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  t.match(connection.state(), { failures: 9, reconnects: 0, secondClient: false, lastError: { problem: 'refused', remedy: 'switch it on' } })
  await clock.until(poll())
  t.equal(connection.state().reconnects, 1)
  await clock.run(MINUTE_MS)
  radio.drop()
  await clock.run(1)
  t.match(connection.state(), { failures: 1, retryMs: clock.now() + 999 })
})

t.test('a connection that held less than a minute does not reset the back-off', async (t) => {
  const { clock, radio, connection, poll } = connect()
  radio.refusals.push(away(), away())
  for (let failure = 0; failure < 2; failure++) await t.rejects(clock.until(poll()), away())
  await clock.until(poll())
  await clock.run(MINUTE_MS - 1)
  radio.drop()
  await clock.run(0)
  t.match(connection.state(), { failures: 3, retryMs: clock.now() + 4000 })
})

t.test('jitter shortens the back-off by up to a quarter', async (t) => {
  const { clock, radio } = connect()
  const connection = createConnection({ transport: radio, clock, log: catchLog().log, sharing: false, random: () => 0 })
  radio.refusals.push(away())
  await t.rejects(clock.until(connection.use(async () => {}, new AbortController().signal)), away())
  t.equal(connection.state().retryMs, clock.now() + 750)
})

t.test('a companion that hangs is closed, reported with a remedy and opened anew', async (t) => {
  const { clock, radio, connection, poll } = connect()
  await clock.until(poll())
  const { answers } = radio
  radio.answers.get_custom_vars = () => []
  radio.closeMs = 3000
  const { app_start: start } = answers
  radio.answers.app_start = () => []
  await t.rejects(clock.until(poll()), { name: 'RadioError', problem: 'no_answer' })
  await t.rejects(clock.until(poll()), { name: 'RadioError', problem: 'no_answer' })
  t.ok(radio.isOpen, 'closing takes longer than the back-off')
  t.match(connection.state(), { connected: false, secondClient: false, lastError: { problem: 'no_answer', remedy: /switch the radio off and on/ } })
  Object.assign(radio.answers, { app_start: start, get_custom_vars: () => [{ is: 'custom_vars', vars: {} }] })
  t.same(await clock.until(poll()), {})
  t.equal(connection.state().reconnects, 1)
})

t.test('an abort ends a use at once, and only that one', async (t) => {
  const { clock, radio, connection, poll } = connect({ answers: { get_custom_vars: () => [] } })
  const stop = new AbortController()
  const used = connection.use((companion) => companion.customVars(), stop.signal)
  used.catch(() => {})
  await clock.run(100)
  const other = poll()
  stop.abort(new Error('shutdown'))
  await t.rejects(clock.until(used), { message: 'shutdown' })
  t.equal(clock.monotonicMs(), 100)
  radio.say({ is: 'custom_vars', vars: { late: '1' } })
  radio.answers.get_custom_vars = () => [{ is: 'custom_vars', vars: { mine: '1' } }]
  t.same(await clock.until(other), { mine: '1' })
  await t.rejects(connection.use(async () => {}, stop.signal), { message: 'shutdown' })
})

t.test('close ends a use in its start-up and in its back-off', async (t) => {
  for (const refusals of [[], [away()]]) {
    const { clock, radio, connection, poll } = connect({ answers: { app_start: () => [] } })
    radio.refusals.push(...refusals)
    if (refusals.length > 0) await t.rejects(clock.until(poll()), away())
    const used = poll()
    used.catch(() => {})
    await clock.run(500)
    await connection.close()
    await t.rejects(clock.until(used), { name: 'RadioError', problem: 'closed' })
    t.equal(clock.monotonicMs(), 500)
    t.equal(clock.waiting, 0)
    t.notOk(radio.isOpen)
  }
})

t.test('shared: the port is released when nobody uses it, and opened anew for the next', async (t) => {
  const { clock, radio, connection, poll, signal } = connect({ sharing: true })
  const hold = (ms: number) => connection.use(async () => { await clock.wait(ms) }, signal)
  const both = Promise.all([hold(1000), hold(3000)])
  await clock.run(2000)
  t.ok(radio.isOpen)
  await clock.until(both)
  await clock.run(0)
  t.notOk(radio.isOpen)
  await clock.until(Promise.all([poll(), poll()]))
  t.equal(radio.opened, 2)
  t.match(connection.state(), { connected: false, reconnects: 0, failures: 0, clock: { state: 'right' } })
  await clock.until(poll())
  t.equal(radio.opened, 3)
})

t.test('shared: an aborted use releases the port as well', async (t) => {
  const { clock, radio, connection } = connect({ sharing: true })
  const stop = new AbortController()
  let companion: Companion | undefined
  const used = connection.use(async (opened) => {
    companion = opened
    await clock.wait(MINUTE_MS)
  }, stop.signal)
  used.catch(() => {})
  await clock.run(1000)
  stop.abort(new Error('shutdown'))
  await t.rejects(clock.until(used), { message: 'shutdown' })
  await clock.run(0)
  t.notOk(radio.isOpen)
  t.equal(await companion?.ended, null)
})

t.test('a second client: two connections taken soon after they were opened, and the radio is left alone for minutes', async (t) => {
  const { clock, radio, connection, poll, lines } = connect()
  for (let taken = 0; taken < 2; taken++) {
    await clock.until(poll())
    t.notOk(connection.state().secondClient)
    radio.drop()
    await clock.run(0)
  }
  t.match(connection.state(), { secondClient: true, retryMs: clock.now() + 2 * MINUTE_MS, lastError: { problem: 'busy', message: /another program is connected to this radio/, remedy: /close the other one/ } })
  t.match(lines.join(), /another program is connected to this radio \(script\)/)

  await t.rejects(poll(), { name: 'TransportError', problem: 'busy' }, 'at once')
  t.equal(radio.opened, 2)
  await clock.run(1.5 * MINUTE_MS)
  await clock.until(poll())
  t.equal(clock.monotonicMs(), 1000 + 2 * MINUTE_MS)

  const waits: Array<number | null> = []
  for (let taken = 0; taken < 4; taken++) {
    radio.drop()
    await clock.run(0)
    waits.push((connection.state().retryMs ?? 0) - clock.now())
    await clock.run(15 * MINUTE_MS)
    await clock.until(poll())
  }
  t.same(waits.map((waitMs) => (waitMs ?? 0) / MINUTE_MS), [4, 8, 15, 15])
  await clock.run(31 * MINUTE_MS)
  t.notOk(connection.state().secondClient, 'it is left in peace now')
})

t.test('a second client that comes by again and again: the third time in half an hour', async (t) => {
  const { clock, radio, connection, poll } = connect()
  for (const secondClient of [false, false, true]) {
    await clock.until(poll())
    await clock.run(5 * MINUTE_MS)
    radio.drop()
    await clock.run(0)
    t.equal(connection.state().secondClient, secondClient)
  }
})

t.test('a second client that was pushed aside: its answers come here, and then the connection ends', async (t) => {
  const { clock, radio, connection, poll, lines } = connect()
  const start = radio.answers.app_start
  radio.answers.app_start = (command) => [{ is: 'ok' }, ...start?.(command) ?? []]
  await clock.until(poll())
  t.match(lines.join(), /another program may have been connected/)
  t.match(connection.state(), { secondClient: false, frames: { unasked: 1 } })
  await clock.run(30_000)
  radio.drop()
  await clock.run(0)
  t.match(connection.state(), { secondClient: true, frames: { unasked: 1 } })
})

t.test('a radio that restarts is no second client', async (t) => {
  const { clock, radio, connection, poll } = connect()
  for (let restart = 0; restart < 5; restart++) {
    await clock.until(poll())
    radio.drop()
    await clock.run(0)
    radio.refusals.push(away())
    await t.rejects(clock.until(poll()), away())
  }
  t.notOk(connection.state().secondClient)
})

t.test('losses far apart are no second client', async (t) => {
  const { clock, radio, connection, poll } = connect()
  for (let loss = 0; loss < 5; loss++) {
    await clock.until(poll())
    await clock.run(20 * MINUTE_MS)
    radio.drop()
    await clock.run(0)
    t.notOk(connection.state().secondClient)
  }
})

t.test('the clock is compared again every quarter of an hour: a companion restarts without ending a serial connection', async (t) => {
  const { clock, radio, connection, poll } = connect({ answers: { set_time: () => [{ is: 'ok' }] } })
  await clock.until(poll())
  await clock.run(15 * MINUTE_MS - 1)
  radio.answers.get_time = () => [{ is: 'time', timeS: virtualStart / 1000 }]
  await clock.until(poll())
  t.equal(radio.asked('get_time'), 1)
  await clock.run(1)
  await clock.until(poll())
  t.equal(radio.asked('get_time'), 2)
  t.same(connection.state().clock, { state: 'was_set', offsetS: -900 })
  await clock.until(poll())
  t.equal(radio.asked('get_time'), 2)
})
