import t from 'tap'
import { decodeLpp, decodeNeighbours, decodeRepeaterStats, type Command, type RadioFrame, type RepeaterStats } from '../../../src/radio/frames/index.js'
import { quietWorld, RadioApp, type RadioScene } from '../../support/radio-app.js'

const hex = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('hex')

async function payload ({ app }: RadioScene, command: Command, is: RadioFrame['is']): Promise<string> {
  await app.ask(command, is)
  return hex(app.heard.at(-1)?.payload)
}

async function readStats ({ app, world }: RadioScene, name = 'Hill'): Promise<RepeaterStats> {
  return decodeRepeaterStats(await app.status(world.repeater(name)) ?? new Uint8Array())
}

async function loggedIn (options = {}): Promise<RadioScene> {
  const scene = quietWorld(options)
  await scene.app.login(scene.world.repeater('Hill'))
  await scene.clock.run(3000)
  return scene
}

t.test('4.3: frames as they were captured', async (t) => {
  const scene = await loggedIn()
  const { app, world, clock } = scene
  world.companion.batteryMv = 4012
  const info = await payload(scene, { is: 'device_query', version: 3 }, 'device_info')
  t.equal(info.length, 2 * 82)
  t.match(info, /^0d0daf28/)
  t.match(app.all('device_info')[0], { firmwareCode: 13, maxContacts: 350, maxChannels: 40, buildDate: '14 Aug 2026', version: 'v1.17.1' })
  t.equal(Buffer.from(info, 'hex').readUInt32LE(4), world.plan.companion.blePin)
  t.equal(await payload(scene, { is: 'get_battery' }, 'battery'), '0cac0f780000007c050000')
  t.match(await payload(scene, { is: 'get_own_telemetry' }, 'telemetry'), new RegExp(`^8b00${hex(world.companion.key.slice(0, 6))}017401910167....$`))
  const hill = world.repeater('Hill')
  hill.plan.hasSensors = false
  hill.batteryMv = 3987
  app.send({ is: 'get_telemetry', key: hill.key })
  await app.next('telemetry')
  t.match(hex(app.heard.at(-1)?.payload), new RegExp(`^8b00${hex(hill.key.slice(0, 6))}0174018e0167....00000000$`))
  app.send({ is: 'get_status', key: hill.key })
  await app.next('status')
  t.match(hex(app.heard.at(-1)?.payload), new RegExp(`^8700${hex(hill.key.slice(0, 6))}930f0000.{104}00000000$`))
  await clock.until(world.companion.reboot())
  const again = { ...scene, app: new RadioApp(world, clock) }
  await clock.run(2500)
  t.equal(await payload(again, { is: 'get_stats', kind: 'core' }, 'stats'), '1800ac0f02000000000000')
})

t.test('4.1: a voltage is cut down as a 32-bit float', async (t) => {
  const { app, world } = await loggedIn()
  const hill = world.repeater('Hill')
  for (const [batteryMv, volts] of [[4200, 4.19], [3987, 3.98], [3301, 3.3], [4012, 4.01]]) {
    hill.batteryMv = batteryMv
    t.match(decodeLpp(await app.telemetry(hill) ?? new Uint8Array())[0], { name: 'voltage', channel: 1, value: volts })
  }
})

t.test('point 17: after a boot noise, RSSI, SNR, uptime and counters are 0; noise is there 2.5 s later', async (t) => {
  const scene = await loggedIn()
  const { world, clock } = scene
  const { counters } = world.repeater('Hill')
  const before = await readStats(scene)
  t.ok(before.uptime > 86_400 && before.nb_recv > 1000 && before.airtime > 100)
  await clock.run(6000)
  world.repeater('Hill').reboot()
  t.same([counters.noiseFloor(), counters.lastRssi, counters.lastSnr], [0, 0, 0])
  const first = await readStats(scene)
  t.equal(first.noise_floor, 0)
  t.ok(first.last_rssi < 0, 'the request itself was heard')
  t.match(first, { uptime: 0, nb_recv: 1, nb_sent: 0, recv_direct: 1, airtime: 0, flood_dups: 0 })
  await clock.run(2500)
  t.ok((await readStats(scene)).noise_floor < -100)

  world.companion.powerOff()
  world.companion.powerOn()
  const app = new RadioApp(world, clock)
  t.match(await app.ask({ is: 'get_stats', kind: 'radio' }, 'stats'), { stats: { noise_floor: 0, last_rssi: 0, last_snr: 0, tx_air_secs: 0, rx_air_secs: 0 } })
  t.match(await app.ask({ is: 'get_stats', kind: 'packets' }, 'stats'), { stats: { recv: 0, sent: 0, recv_errors: 0 } })
})

t.test('4.1: `clear stats` sets counters back, but neither air times nor uptime', async (t) => {
  const scene = await loggedIn()
  const before = await readStats(scene)
  scene.world.repeater('Hill').counters.clear()
  const after = await readStats(scene)
  t.ok(after.nb_recv <= 2 && after.nb_sent <= 2 && after.flood_dups === 0 && after.recv_errors === 0)
  t.ok(after.uptime > before.uptime && after.airtime >= before.airtime && (after.rx_airtime ?? 0) >= (before.rx_airtime ?? 1))
})

t.test('4.1: duplicates wrap at 65,536, air times at 4,294,967 s', async (t) => {
  const scene = await loggedIn()
  const { counters } = scene.world.repeater('Hill')
  counters.boot()
  counters.add({ floodDups: 65_530, directDups: 65_535, txAirMs: 2 ** 32 - 5000 })
  const before = await readStats(scene)
  t.match(before, { flood_dups: 65_530, direct_dups: 65_535, airtime: 4_294_962 })
  counters.add({ floodDups: 10, directDups: 1, txAirMs: 10_000 })
  const after = await readStats(scene)
  t.match(after, { flood_dups: 4, direct_dups: 0 })
  t.ok(after.airtime >= 4 && after.airtime < 8, `${after.airtime}`)
})

t.test('1.3: neighbours by page, order and prefix length', async (t) => {
  const { app, world } = await loggedIn()
  const hill = world.repeater('Hill')
  hill.plan.strangers = 30
  const page = async (offset: number, order: number, prefixLength = 6): Promise<ReturnType<typeof decodeNeighbours>> => {
    const answer = await app.ask({ is: 'request', key: hill.key, request: { is: 'neighbours', count: 255, offset, order, prefixLength, nonce: 1 } }, 'binary')
    return decodeNeighbours(answer?.body ?? new Uint8Array(), prefixLength)
  }
  const first = await page(0, 2)
  t.equal(first.total, 31)
  t.equal(first.neighbours.length, 11)
  const all = [...first.neighbours, ...(await page(11, 2)).neighbours, ...(await page(22, 2)).neighbours]
  t.equal(new Set(all.map(({ prefix }) => hex(prefix))).size, 31)
  t.same(all.map(({ snrDb }) => snrDb), all.map(({ snrDb }) => snrDb).sort((a, b) => b - a))
  t.ok(all.some(({ prefix }) => hex(prefix) === hex(world.repeater('Ridge').key.slice(0, 6))))
  const weakest = (await page(0, 3)).neighbours.map(({ snrDb }) => snrDb)
  t.same(weakest, all.map(({ snrDb }) => snrDb).reverse().slice(0, 11))
  const newest = (await page(0, 0)).neighbours.map(({ agoS }) => agoS)
  t.same(newest, [...newest].sort((a, b) => a - b))
  t.equal((await page(0, 1, 32)).neighbours.length, 3)
})

t.test('firmware 1.15: a sensor shares channel 1, so that a type comes twice', async (t) => {
  const { app, world } = await loggedIn({ firmware: '1.15' })
  const readings = decodeLpp(await app.telemetry(world.repeater('Hill')) ?? new Uint8Array())
  t.same(readings.filter(({ channel, name }) => channel === 1 && name === 'temperature').length, 2)
  t.match(await app.ask({ is: 'device_query', version: 3 }, 'device_info'), { firmwareCode: 11, version: 'v1.15.0' })
})

t.test('firmware 1.11: 52 bytes of statistics, padded to the same 60, and no count of receive errors', async (t) => {
  const scene = await loggedIn({ firmware: '1.11' })
  const { app, world } = scene
  t.equal((await app.status(world.repeater('Hill')))?.length, 60)
  const { rx_airtime: rxAirtime, recv_errors: recvErrors } = await readStats(scene)
  t.ok((rxAirtime ?? 0) > 0)
  t.equal(recvErrors, 0)
  t.equal((await payload(scene, { is: 'get_stats', kind: 'packets' }, 'stats')).length, 2 * 26)
  t.notOk('repeat' in (await app.ask({ is: 'device_query', version: 3 }, 'device_info') ?? {}))
})

t.test('firmware 1.7: a bare error, 8 bytes for a login, 48 bytes of statistics, the old status alone', async (t) => {
  const scene = quietWorld({ firmware: '1.7' })
  const { app, world, clock } = scene
  const hill = world.repeater('Hill')
  t.equal((await payload(scene, { is: 'login', key: hill.key, password: hill.password }, 'login_success')).length, 2 * 8)
  await clock.run(3000)
  t.equal(await payload(scene, { is: 'get_stats', kind: 'core' }, 'error'), '01')
  t.equal(await payload(scene, { is: 'request', key: hill.key, request: { is: 'status' } }, 'error'), '01')
  t.equal((await payload(scene, { is: 'get_battery' }, 'battery')).length, 2 * 3)
  const status = await app.ask({ is: 'get_status', key: hill.key }, 'status')
  t.equal(status?.body.length, 60)
  t.match(hex(status?.body), /0{24}$/)
})
