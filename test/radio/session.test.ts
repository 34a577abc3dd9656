import t from 'tap'
import type { Command, Contact } from '../../src/radio/frames/types.js'
import { openCompanion } from '../../src/radio/session.js'
import { TransportError } from '../../src/radio/transports/transport.js'
import { catchLog, contactOf, keyOf, ScriptedCompanion, selfInfo, type Answers } from '../support/scripted-companion.js'
import { VirtualClock, virtualStart } from '../support/virtual-clock.js'

function prepare (answers: Answers = {}) {
  const clock = new VirtualClock()
  const radio = new ScriptedCompanion(clock, answers)
  const { log, lines } = catchLog()
  const stop = new AbortController()
  const open = () => openCompanion({ transport: radio, clock, log, signal: stop.signal })
  return { clock, radio, log, lines, stop, open }
}

async function start (answers: Answers = {}) {
  const prepared = prepare(answers)
  return { ...prepared, companion: await prepared.clock.until(prepared.open()) }
}

const timesSet = (commands: Command[]): number[] => commands.flatMap((command) => command.is === 'set_time' ? [command.timeS] : [])

t.test('a start-up asks who the companion is and what time it has', async (t) => {
  const { companion, radio } = await start()
  t.same(radio.commands.map(({ is }) => is), ['app_start', 'device_query', 'get_time'])
  t.match(companion, { name: 'script', self: { name: 'Base-1', spreadingFactor: 8 }, device: { version: 'v1.17.1' }, clock: { state: 'right', offsetS: 0 } })
})

t.test('old firmware that does not know the device query is no failure', async (t) => {
  const { companion } = await start({ device_query: () => [{ is: 'error', code: 1 }] })
  t.match(companion.device, { firmwareCode: 0 })
})

t.test('a companion that says nothing fails the start-up and leaves the port free', async (t) => {
  const { open, radio, clock } = prepare({ app_start: () => [] })
  await t.rejects(clock.until(open()), { name: 'RadioError', problem: 'no_answer' })
  t.equal(radio.asked('app_start'), 2)
  t.equal(clock.monotonicMs(), 10_000)
  t.notOk(radio.isOpen)
})

t.test('a port that can\'t be opened fails the start-up with its remedy', async (t) => {
  const { open, radio, clock } = prepare()
  radio.refusals.push(new TransportError('no_port', 'no radio', 'plug it in'))
  await t.rejects(clock.until(open()), { name: 'TransportError', problem: 'no_port', remedy: 'plug it in' })
})

t.test('a connection lost during the start-up is told as lost', async (t) => {
  const { open, radio, clock } = prepare({ device_query: () => { radio.drop(); return [] } })
  await t.rejects(clock.until(open()), { name: 'TransportError', problem: 'lost' })
})

t.test('a shutdown ends the start-up at once', async (t) => {
  const { open, radio, clock, stop } = prepare({ device_query: () => [] })
  const opening = open()
  opening.catch(() => {})
  await clock.run(100)
  stop.abort(new Error('shutdown'))
  await t.rejects(clock.until(opening), { message: 'shutdown' })
  t.equal(clock.monotonicMs(), 100)
  t.equal(clock.waiting, 0)
  t.notOk(radio.isOpen)
})

t.test('a clock behind by more than 2 s is set, once', async (t) => {
  const { companion, radio, clock } = await start({ get_time: () => [{ is: 'time', timeS: virtualStart / 1000 - 22 }], set_time: () => [{ is: 'ok' }] })
  t.same(timesSet(radio.commands), [Math.floor(clock.now() / 1000)])
  t.same(companion.clock, { state: 'was_set', offsetS: -22 })
})

t.test('a clock behind by 2 s stays', async (t) => {
  const { companion, radio } = await start({ get_time: () => [{ is: 'time', timeS: virtualStart / 1000 - 2 }] })
  t.same(timesSet(radio.commands), [])
  t.match(companion.clock, { state: 'right', offsetS: -2 })
})

t.test('a clock ahead is reported and not touched', async (t) => {
  const { companion, radio, lines } = await start({ get_time: () => [{ is: 'time', timeS: virtualStart / 1000 + 3600 }] })
  t.same(timesSet(radio.commands), [])
  t.same(companion.clock, { state: 'ahead', offsetS: 3600 })
  t.match(lines.join(), /is ahead of this host/)
})

t.test('a companion that refuses to be set is reported as behind', async (t) => {
  const { companion, radio } = await start({ get_time: () => [{ is: 'time', timeS: 1_715_770_351 }], set_time: () => [{ is: 'error', code: 6 }] })
  t.equal(companion.clock.state, 'behind')
  t.equal(radio.asked('set_time'), 1)
})

for (const [year, state] of [[1970, 'host_wrong'], [2025, 'host_wrong'], [2026, 'was_set'], [2049, 'was_set'], [2050, 'host_wrong']] as const) {
  t.test(`a host in ${year}: ${state}`, async (t) => {
    const { open, radio, clock } = prepare({ get_time: () => [{ is: 'time', timeS: 1000 }], set_time: () => [{ is: 'ok' }] })
    clock.setNow(Date.UTC(year, 6, 1))
    const companion = await clock.until(open())
    t.equal(companion.clock.state, state)
    t.equal(radio.asked('set_time'), state === 'was_set' ? 1 : 0)
  })
}

/** Lists contacts as firmware does: those modified later than asked for, and the newest of them. */
function listing (contacts: Contact[]): Answers['get_contacts'] {
  return (command) => {
    const sinceS = command.is === 'get_contacts' ? command.sinceS ?? 0 : 0
    const listed = contacts.filter(({ lastModifiedS }) => lastModifiedS > sinceS)
    return [{ is: 'contacts_start', total: contacts.length }, ...listed, { is: 'contacts_end', lastModifiedS: Math.max(0, ...listed.map(({ lastModifiedS }) => lastModifiedS)) }]
  }
}

const names = ({ contacts }: { contacts: Contact[] }): string[] => contacts.map(({ name }) => name).sort()

t.test('contacts are read in full once, then only what changed', async (t) => {
  const list = [contactOf(1, 'R1', 100), contactOf(2, 'R2', 200)]
  const { companion, radio, clock } = await start({ get_contacts: listing(list) })
  t.match(await clock.until(companion.contacts()), { total: 2, contacts: [{ name: 'R1', hops: 0 }, { name: 'R2' }] })
  t.same(names(await clock.until(companion.contacts())), ['R1', 'R2'])
  t.same(radio.commands.filter(({ is }) => is === 'get_contacts'), [{ is: 'get_contacts' }, { is: 'get_contacts', sinceS: 199 }])
})

t.test('a renamed contact, a new one and one changed in the second of the newest are seen', async (t) => {
  const list = [contactOf(1, 'R1', 100), contactOf(2, 'R2', 200)]
  const { companion, clock } = await start({ get_contacts: listing(list) })
  await clock.until(companion.contacts())
  list[0] = contactOf(1, 'Hilltop', 200)
  list.push(contactOf(3, 'R3', 300))
  t.same(names(await clock.until(companion.contacts())), ['Hilltop', 'R2', 'R3'])
})

t.test('a deleted contact is missed by the count, also beside a new one', async (t) => {
  const list = [contactOf(1, 'R1', 100), contactOf(2, 'R2', 200)]
  const { companion, clock } = await start({ get_contacts: listing(list) })
  await clock.until(companion.contacts())
  list.splice(0, 1, contactOf(3, 'R3', 300))
  t.same(names(await clock.until(companion.contacts())), ['R2', 'R3'])
  list.splice(0, 2)
  t.same(await clock.until(companion.contacts()), { total: 0, contacts: [] })
})

t.test('a list that is stuck (error 4) is ended by APP_START and asked again', async (t) => {
  const list = listing([contactOf(1, 'R1', 100)])
  const { companion, clock, radio } = await start({ get_contacts: () => [{ is: 'error', code: 4 }] })
  radio.answers.app_start = () => {
    radio.answers.get_contacts = list
    return [selfInfo]
  }
  t.same(names(await clock.until(companion.contacts())), ['R1'])
  t.equal(radio.asked('app_start'), 2)
})

t.test('a list that stays stuck fails', async (t) => {
  const { companion, clock, radio } = await start({ get_contacts: () => [{ is: 'error', code: 4 }] })
  await t.rejects(clock.until(companion.contacts()), { name: 'RadioError', problem: 'refused', code: 4 })
  t.equal(radio.asked('get_contacts'), 2)
})

t.test('a list without end is cut off', async (t) => {
  const many = Array.from({ length: 600 }, (_, index) => contactOf(index % 256, `R${index}`, 100))
  const { companion, clock } = await start({ get_contacts: () => [{ is: 'contacts_start', total: 600 }, ...many] })
  await t.rejects(clock.until(companion.contacts()), { name: 'RadioError', problem: 'refused' })
  t.equal((await clock.until(companion.checkClock())).state, 'right', 'in step again')
})

t.test('a reset path is forgotten here too, since the companion does not list it as changed', async (t) => {
  const { companion, clock, radio } = await start({ get_contacts: listing([contactOf(1, 'R1', 100), contactOf(2, 'R2', 200)]), reset_path: () => [{ is: 'ok' }] })
  await clock.until(companion.contacts())
  await clock.until(companion.resetPath(keyOf(1)))
  t.match((await clock.until(companion.contacts())).contacts, [{ name: 'R1', hops: null }, { name: 'R2', hops: 0 }])
  radio.answers.reset_path = () => [{ is: 'error', code: 2 }]
  await t.rejects(clock.until(companion.resetPath(keyOf(9))), { name: 'RadioError', problem: 'not_a_contact' })
})

t.test('statistics are matched by their kind, own telemetry by the own key', async (t) => {
  const { companion, clock } = await start({
    get_stats: () => [
      { is: 'stats', stats: { kind: 'radio', noise_floor: -117, last_rssi: -92, last_snr: -6.75, tx_air_secs: 321, rx_air_secs: 6543 } },
      { is: 'stats', stats: { kind: 'core', battery_mv: 4012, uptime_secs: 86_461, errors: 4, queue_len: 3 } }
    ],
    get_own_telemetry: () => [
      { is: 'telemetry', prefix: keyOf(1).slice(0, 6), body: Uint8Array.of(1, 0x67, 0, 1) },
      { is: 'telemetry', prefix: selfInfo.key.slice(0, 6), body: Uint8Array.of(1, 0x74, 1, 0x91) }
    ],
    get_custom_vars: () => [{ is: 'custom_vars', vars: { gps: '1' } }]
  })
  t.match(await clock.until(companion.stats('core')), { battery_mv: 4012 })
  t.match(await clock.until(companion.ownTelemetry()), [{ channel: 1, type: 0x74, value: 4.01 }])
  t.same(await clock.until(companion.customVars()), { gps: '1' })
})

t.test('neither the BLE PIN nor a password gets into the log or an error', async (t) => {
  const pin = 918273
  const deviceInfo = new Uint8Array(82)
  deviceInfo.set([13, 13, 175, 40])
  new DataView(deviceInfo.buffer).setUint32(4, pin, true)
  const password = 'hunter2-secret'
  const { companion, clock, lines, radio } = await start({ device_query: () => [deviceInfo.slice(0, 3), deviceInfo], login: () => [{ is: 'error', code: 2 }] })
  const errors: unknown[] = []
  for (const answer of [[{ is: 'error', code: 2 }], [{ is: 'error', code: 3 }], [{ is: 'error', code: 9 }], []] as const) {
    radio.answers.login = () => [...answer]
    await clock.until(companion.login(keyOf(1), password)).catch((error: unknown) => { errors.push(error) })
  }
  t.match(errors, [{ problem: 'not_a_contact' }, { problem: 'queue_full' }, { problem: 'refused' }, { problem: 'no_answer' }])
  const told = [...lines, ...errors.map(String), ...errors.map((error) => JSON.stringify(error)), JSON.stringify(companion.device)].join('\n')
  t.match(told, /connected to script/, 'the log was caught')
  for (const secret of [password, Buffer.from(password).toString('hex'), String(pin), pin.toString(16)]) t.notMatch(told, secret)
})
