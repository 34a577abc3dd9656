import t, { type Test } from 'tap'
import type { Asked } from '../../src/radio/companion.js'
import { createConnection, type Connection } from '../../src/radio/connection.js'
import { decodeRepeaterStats } from '../../src/radio/frames/index.js'
import { openCompanion } from '../../src/radio/session.js'
import { planWorld, type WorldOptions } from '../../src/simulate/radio/plan.js'
import { createSimulatedTransport } from '../../src/simulate/radio/transport.js'
import { World } from '../../src/simulate/radio/world.js'
import { catchLog } from '../support/scripted-companion.js'
import { RadioApp } from '../support/radio-app.js'
import { VirtualClock } from '../support/virtual-clock.js'

const minuteMs = 60_000
const { signal } = new AbortController()

function createWorld (options: WorldOptions = {}) {
  const clock = new VirtualClock()
  const world = new World(clock, planWorld({ advertEveryS: 0, ...options }))
  const { log, lines } = catchLog()
  const transport = createSimulatedTransport(world)
  const connect = (): Connection => createConnection({ transport, clock, log, sharing: false })
  return { clock, world, log, lines, transport, connect }
}

async function openWorld (t: Test, options: WorldOptions = {}) {
  const made = createWorld(options)
  const { clock, world, log, transport } = made
  const open = () => clock.until(openCompanion({ transport, clock, log, signal }))
  const companion = await open()
  t.teardown(() => companion.close())
  /** The answer, or null when none came in that time. */
  const within = async <T>(asked: Promise<Asked<T>>, ms = 30_000): Promise<T | null> => {
    const { answer } = await clock.until(asked)
    return await clock.until(Promise.race([answer, clock.wait(ms).then(() => null)]))
  }
  const login = (name: string, password = world.repeater(name).password) => within(companion.login(world.repeater(name).key, password))
  const status = (name: string, ms?: number) => within(companion.request(world.repeater(name).key, { is: 'status' }), ms)
  return { ...made, companion, open, within, login, status }
}

const poll = (clock: VirtualClock, connection: Connection) => clock.until(connection.use((companion) => companion.stats('core'), signal))

t.test('a session with every kind of question', async (t) => {
  const { clock, companion, login, status, within, world } = await openWorld(t)
  t.match(companion, { self: { name: 'Base-1', frequencyMhz: 869.618, spreadingFactor: 8 }, device: { maxContacts: 350, version: /^v1\.17/ }, clock: { state: 'right' } })
  const { total, contacts } = await clock.until(companion.contacts())
  t.same([total, contacts.map(({ name }) => name)], [6, ['Hill', 'Ridge', 'Summit', 'Ann', 'Bulletin', 'Greenhouse']])
  for (const kind of ['core', 'radio', 'packets'] as const) t.equal((await clock.until(companion.stats(kind))).kind, kind)
  t.same(await clock.until(companion.customVars()), { gps: '0' })
  t.match(await clock.until(companion.ownTelemetry()), [{ name: 'voltage', channel: 1 }, { name: 'temperature' }])
  for (const name of ['Hill', 'Ridge', 'Summit']) {
    t.match(await login(name), { isAdmin: true, permissions: 3 })
    t.match(decodeRepeaterStats(await status(name) ?? new Uint8Array()), { bat: Number, nb_recv: Number })
    t.ok(await within(companion.request(world.repeater(name).key, { is: 'telemetry' })))
  }
  t.same(companion.frames, { undecodable: 0, unasked: 0 })
})

for (const firmware of ['1.15', '1.11', '1.7'] as const) {
  t.test(`firmware ${firmware}`, async (t) => {
    const { clock, companion, login } = await openWorld(t, { firmware })
    t.equal((await clock.until(companion.contacts())).total, 6)
    t.match(await login('Hill'), { isAdmin: firmware !== '1.7' })
  })
}

t.test('points 1 and 2: silence to a wrong password, and to who never logged in; the right one mends it', async (t) => {
  const { login, status } = await openWorld(t)
  t.equal(await status('Hill'), null)
  t.equal(await login('Hill', 'wrong'), null)
  t.match(await login('Hill'), { isAdmin: true })
  t.equal(await login('Hill', 'wrong'), null)
  t.ok(await status('Hill'))
})

t.test('point 3: a blank password makes a guest; passwords count to their 15th character', async (t) => {
  const { login, status, world } = await openWorld(t)
  t.match(await login('Hill', ''), { isAdmin: false, permissions: 0 })
  t.ok(await status('Hill'))
  world.repeater('Ridge').password = 'fifteen-letters-and-more'
  t.match(await login('Ridge', 'fifteen-letters-or-less'), { isAdmin: true })
})

t.test('point 4: an answer that takes longer than suggested is taken', async (t) => {
  const { clock, companion, login, world } = await openWorld(t)
  await login('Hill')
  world.repeater('Hill').answerDelayMs = 60_000
  const asked = await clock.until(companion.request(world.repeater('Hill').key, { is: 'status' }))
  await clock.run(asked.sent.suggestedMs * 2)
  t.ok(await clock.until(asked.answer))
})

t.test('point 7: a newer request ends the older one here, as it does in the companion', async (t) => {
  const { clock, companion, login, status, world } = await openWorld(t)
  await login('Hill')
  await login('Ridge')
  const first = await clock.until(companion.request(world.repeater('Hill').key, { is: 'status' }))
  t.ok(await status('Ridge'))
  t.equal(await clock.until(first.answer), null)
})

t.test('point 8: an old status that comes as the success of a login with a wrong password is refused', async (t) => {
  for (const { batteryMv, queueLength } of [{ batteryMv: 3840, queueLength: 0 }, { batteryMv: 4012, queueLength: 0 }, { batteryMv: 3840, queueLength: 1 }]) {
    const { clock, companion, login, world, lines } = await openWorld(t)
    const hill = world.repeater('Hill')
    await login('Hill')
    hill.freeze()
    hill.batteryMv = batteryMv
    const asked = await clock.until(companion.request(hill.key, { is: 'status' }))
    await clock.run(minuteMs)
    const loggingIn = await clock.until(companion.login(hill.key, 'totally wrong'))
    hill.queueLength = queueLength
    hill.resume()
    await clock.run(minuteMs)
    t.equal(await clock.until(asked.answer), null)
    t.equal(await clock.until(Promise.race([loggingIn.answer, clock.wait(1000).then(() => 'open')])), 'open')
    t.match(lines.at(-1), batteryMv === 3840 ? /"push":"login_success"/ : /"push":"login_fail"/)
    t.match(await login('Hill'), { isAdmin: true })
  }
})

t.test('point 8: a login waits until the answer to an older request has come as what it is', async (t) => {
  const { clock, companion, login, world } = await openWorld(t)
  const hill = world.repeater('Hill')
  await login('Hill')
  hill.batteryMv = 3840
  const asked = await clock.until(companion.request(hill.key, { is: 'status' }))
  const loggingIn = companion.login(hill.key, 'totally wrong')
  t.ok(await clock.until(asked.answer))
  const { answer } = await clock.until(loggingIn)
  t.equal(await clock.until(Promise.race([answer, clock.wait(minuteMs).then(() => null)])), null)
})

t.test('point 9: a companion that restarted is behind, is set, and repeaters answer it again', async (t) => {
  const { clock, world, connect } = createWorld()
  const connection = connect()
  const hill = world.repeater('Hill')
  const ask = async () => clock.until(connection.use(async (companion) => {
    const { answer } = await companion.request(hill.key, { is: 'status' })
    return await Promise.race([answer, clock.wait(30_000).then(() => null)])
  }, signal))
  await clock.until(connection.use(async (companion) => (await companion.login(hill.key, hill.password)).answer, signal))
  await clock.run(10 * minuteMs)
  t.ok(await ask())
  await clock.until(world.companion.reboot())
  t.ok(await ask())
  t.match(connection.state(), { connected: true, reconnects: 1, secondClient: false, clock: { state: 'was_set' }, lastError: { problem: 'lost' } })
  t.ok((connection.state().clock?.offsetS ?? 0) < -500)
  await connection.close()
})

t.test('point 9: a clock ahead is reported and left', async (t) => {
  const { world, open } = await openWorld(t)
  world.companion.rtc.setOffset(600)
  t.same((await open()).clock, { state: 'ahead', offsetS: 600 })
  t.same((await open()).clock, { state: 'ahead', offsetS: 600 })
})

t.test('point 10: a status right after a login that flooded is answered, after the pause', async (t) => {
  for (let seed = 1; seed <= 10; seed++) {
    const { login, status } = await openWorld(t, { seed })
    t.ok(await login('Summit'))
    t.ok(await status('Summit'))
  }
})

t.test('point 10: a path that died is reset, and the contacts know', async (t) => {
  const { clock, companion, login, status, world } = await openWorld(t, { repeaters: 6 })
  const name = world.repeaters[5]?.name ?? ''
  await login(name)
  await clock.run(5000)
  const hopsOf = async () => (await clock.until(companion.contacts())).contacts.find((contact) => contact.name === name)?.hops
  t.equal(await hopsOf(), 2)
  for (const middle of world.repeaters.slice(3, 5)) middle.powerOff()
  t.equal(await status(name), null)
  await clock.until(companion.resetPath(world.repeater(name).key))
  t.equal(await hopsOf(), null)
  t.ok(await status(name))
  t.ok(await status(name), 'not sent before the repeater knows the new path')
  t.equal(await hopsOf(), 1)
})

t.test('point 11: no tug of war with a program that connects again at once', async (t) => {
  const { clock, world, connect, lines } = createWorld()
  const connection = connect()
  let rivals = 0
  const rival = (): void => {
    rivals++
    const app = new RadioApp(world, clock)
    clock.wait(500).then(() => { if (app.hasEnded) rival(); else clock.wait(500).then(watch, () => {}) }, () => {})
    const watch = (): void => { if (app.hasEnded) rival(); else clock.wait(1000).then(watch, () => {}) }
  }
  rival()
  for (let minute = 0; minute < 60; minute++) {
    await poll(clock, connection).catch(() => {})
    await clock.run(minuteMs)
  }
  t.ok(rivals <= 10, `pushed aside ${rivals} times in an hour`)
  t.match(connection.state(), { connected: false, secondClient: true, lastError: { problem: 'busy', remedy: /close the other one/ } })
  t.match(lines.join(), /another program is connected to this radio/)
  await connection.close()
})

t.test('point 11: the answer to a question of the program that was pushed aside gives it away', async (t) => {
  const { clock, world, connect } = createWorld()
  const rival = new RadioApp(world, clock)
  const hill = world.repeater('Hill')
  await rival.login(hill)
  await clock.run(5000)
  rival.send({ is: 'get_status', key: hill.key })
  await clock.run(20)
  const connection = connect()
  await poll(clock, connection)
  await clock.run(5000)
  t.match(connection.state(), { secondClient: false, frames: { unasked: 1 } })
  const again = new RadioApp(world, clock)
  await clock.run(0)
  t.notOk(again.hasEnded)
  t.match(connection.state(), { connected: false, secondClient: true })
  await t.rejects(poll(clock, connection), { name: 'TransportError', problem: 'busy' })
  await connection.close()
})

t.test('point 12: an answer to a request of the connection before is no answer to the new one\'s', async (t) => {
  const { clock, companion, login, open, world } = await openWorld(t)
  const hill = world.repeater('Hill')
  await login('Hill')
  const old = await clock.until(companion.request(hill.key, { is: 'status' }))
  await companion.close()
  t.equal(await clock.until(old.answer), null)
  const next = await open()
  const asked = await clock.until(next.request(hill.key, { is: 'telemetry' }))
  const body = await clock.until(asked.answer)
  t.equal(body?.[0], 1, 'channel 1 of telemetry')
  await next.close()
})

t.test('point 12: a frame that breaks off ends the connection; the next one is whole', async (t) => {
  const { clock, world, connect } = createWorld()
  const connection = connect()
  await poll(clock, connection)
  world.companion.cutNextFrame()
  await t.rejects(poll(clock, connection), { name: 'RadioError', problem: 'closed' })
  t.match(await poll(clock, connection), { kind: 'core' })
  await connection.close()
})

t.test('point 13: a list of contacts that sticks ends after 5 s, and the next is whole', async (t) => {
  const { clock, companion, world } = await openWorld(t)
  world.companion.stickContacts()
  await t.rejects(clock.until(companion.contacts()), { name: 'RadioError', problem: 'no_answer' })
  t.equal((await clock.until(companion.contacts())).contacts.length, 6)
})

t.test('point 13: a list that another program left running is ended by the start of a session', async (t) => {
  const { clock, world, connect } = createWorld()
  world.companion.stickContacts()
  const rival = new RadioApp(world, clock)
  await rival.ask({ is: 'get_contacts' }, 'contacts_start')
  t.match(await rival.ask({ is: 'get_contacts' }, 'error'), { code: 4 })
  const connection = connect()
  t.equal((await clock.until(connection.use((companion) => companion.contacts(), signal))).contacts.length, 6)
  await connection.close()
})

t.test('point 14: pushes at any time, each of them twice', async (t) => {
  const { clock, companion, login, status, world } = await openWorld(t, { chatterPerMin: 200, advertEveryS: 10 })
  const stop = new AbortController()
  world.start(stop.signal)
  t.teardown(() => stop.abort())
  world.companion.duplicates = true
  for (let minute = 0; minute < 10; minute++) {
    t.ok((await clock.until(companion.contacts())).total >= 6)
    t.match(await clock.until(companion.stats('packets')), { kind: 'packets' })
    await clock.run(minuteMs)
  }
  // Traffic of others may take a packet; nothing else may.
  let answered = 0
  for (let i = 0; i < 10; i++) if (await login('Hill') !== null && await status('Hill') !== null) answered++
  t.ok(answered >= 7, `${answered} of 10`)
  t.equal(companion.frames.undecodable, 0)
})

t.test('point 16: hung firmware: no answer, the connection is given up and made anew; late answers do no harm', async (t) => {
  const { clock, world, connect } = createWorld()
  const connection = connect()
  await poll(clock, connection)
  world.companion.hang()
  const startMs = clock.monotonicMs()
  await t.rejects(poll(clock, connection), { name: 'RadioError', problem: 'no_answer' })
  t.equal(clock.monotonicMs() - startMs, 5000)
  await t.rejects(poll(clock, connection), { name: 'RadioError', problem: 'no_answer' })
  t.match(connection.state(), { connected: false, lastError: { problem: 'no_answer' } })
  await t.rejects(poll(clock, connection), { name: 'RadioError', problem: 'no_answer' })
  world.companion.resume()
  t.match(await poll(clock, connection), { kind: 'core' })
  t.match(await clock.until(connection.use((companion) => companion.stats('radio'), signal)), { kind: 'radio' })
  t.match(connection.state(), { connected: true, reconnects: 1, secondClient: false })
  await connection.close()
})

t.test('point 16: firmware that hangs for less than the limit answers late, in order', async (t) => {
  const { clock, companion, world } = await openWorld(t)
  world.companion.hang()
  const answers = Promise.all([companion.stats('core'), companion.customVars(), companion.stats('packets')])
  await clock.run(4000)
  world.companion.resume()
  t.match(await clock.until(answers), [{ kind: 'core' }, { gps: '0' }, { kind: 'packets' }])
})

t.test('point 16: power off: lost, then refused, then there again; a silent one is found by its silence', async (t) => {
  for (const silent of [false, true]) {
    const { clock, world, connect } = createWorld()
    const connection = connect()
    await poll(clock, connection)
    world.companion.powerOff({ silent })
    await clock.run(0)
    t.equal(connection.state().connected, silent)
    const problems: unknown[] = []
    for (let i = 0; i < 3; i++) await poll(clock, connection).catch(({ problem }) => { problems.push(problem) })
    t.match(problems, silent ? ['no_answer', 'no_answer', 'refused'] : ['refused', 'refused', 'refused'])
    world.companion.powerOn()
    t.match(await poll(clock, connection), { kind: 'core' })
    t.notOk(connection.state().secondClient)
    await connection.close()
  }
})

t.test('errors: no contact 2, no room in the queue 3', async (t) => {
  const { clock, companion, status, world } = await openWorld(t)
  await t.rejects(clock.until(companion.request(new Uint8Array(32).fill(9), { is: 'status' })), { name: 'RadioError', problem: 'not_a_contact', code: 2 })
  world.companion.poolSize = 0
  await t.rejects(status('Hill'), { name: 'RadioError', problem: 'queue_full', code: 3 })
})

t.test('no secret of a whole session is in the log', async (t) => {
  const { clock, companion, login, world, lines } = await openWorld(t)
  await login('Hill')
  await login('Hill', 'wrong-secret')
  world.companion.hang()
  await t.rejects(clock.until(companion.login(world.repeater('Hill').key, 'other-secret')), { name: 'RadioError', problem: 'no_answer' })
  await t.rejects(clock.until(companion.checkClock()), { name: 'RadioError', problem: 'no_answer' })
  const told = lines.join('') + JSON.stringify({ self: companion.self, device: companion.device })
  t.match(told, /connected to simulated radio/)
  for (const secret of [world.repeater('Hill').password, 'wrong-secret', 'other-secret', String(world.plan.companion.blePin)]) t.notMatch(told, secret)
})
