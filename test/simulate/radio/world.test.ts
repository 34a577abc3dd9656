import t from 'tap'
import { decodeLpp, decodeRepeaterStats } from '../../../src/radio/frames/index.js'
import { quietWorld } from '../../support/radio-app.js'

t.test('login, status, telemetry and the companion\'s own figures', async (t) => {
  const { app, world, clock } = quietWorld()
  const hill = world.repeater('Hill')
  const login = await app.login(hill)
  t.match(login, { isAdmin: true, permissions: 3, firmwareLevel: 2 })
  await clock.run(2000)
  const status = decodeRepeaterStats(await app.status(hill) ?? new Uint8Array())
  t.ok(status.bat > 3500 && status.bat < 4300, `${status.bat} mV`)
  t.ok(status.noise_floor < -100 && status.last_rssi < -90)
  t.equal(status.nb_recv, status.recv_flood + status.recv_direct)
  await clock.run(2000)
  const readings = decodeLpp(await app.telemetry(hill) ?? new Uint8Array())
  t.same(readings.map(({ name, channel }) => `${name}.${channel}`), ['voltage.1', 'temperature.2', 'humidity.2', 'barometer.2', 'altitude.2', 'temperature.1'])
  t.match(await app.ask({ is: 'app_start', app: 'test' }, 'self_info'), { name: 'Base-1', frequencyMhz: 869.618, bandwidthKhz: 62.5, spreadingFactor: 8 })
  t.match(await app.ask({ is: 'device_query', version: 3 }, 'device_info'), { version: 'v1.17.1', firmwareCode: 13, maxContacts: 350, maxChannels: 40 })
  t.match(await app.ask({ is: 'get_stats', kind: 'core' }, 'stats'), { stats: { kind: 'core', errors: 0, queue_len: 0 } })
  t.match(await app.ask({ is: 'get_stats', kind: 'radio' }, 'stats'), { stats: { kind: 'radio' } })
  t.match(await app.ask({ is: 'get_stats', kind: 'packets' }, 'stats'), { stats: { kind: 'packets' } })
  await app.ask({ is: 'get_contacts' }, 'contacts_end')
  t.same(app.all('contact').map(({ name, type }) => `${name} ${type}`), ['Hill 2', 'Ridge 2', 'Summit 2', 'Ann 1', 'Bulletin 3', 'Greenhouse 4'])
})
