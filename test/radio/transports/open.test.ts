import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { openTransport, type TransportConfig } from '../../../src/radio/transports/index.js'
import { ChannelListener } from '../../support/channel-listener.js'

const never = new AbortController().signal
const log = pino({ enabled: false })
const defaults: TransportConfig = { MESH_TRANSPORT: 'serial', MESH_SERIAL_BAUD: 115_200, MESH_TCP_HOST: 'localhost', MESH_TCP_PORT: 5000, MESH_PORT_SHARING: false }

t.test('the settings name the way to the companion', async (t) => {
  const nameWith = (config: Partial<TransportConfig>) => openTransport({ ...defaults, ...config }, { stateDir: t.testdirName, log }).name
  t.same([
    nameWith({}),
    nameWith({ MESH_SERIAL_PORT: '/dev/ttyUSB3' }),
    nameWith({ MESH_TRANSPORT: 'tcp', MESH_TCP_HOST: 'fd00::1', MESH_TCP_PORT: 5001 }),
    nameWith({ MESH_TRANSPORT: 'ble', MESH_BLE_PIN: '123456' }),
    nameWith({ MESH_TRANSPORT: 'ble', MESH_BLE_ADDR: 'AA:BB:CC:DD:EE:01' }),
  ], ['serial port', 'serial /dev/ttyUSB3', 'tcp [fd00::1]:5001', 'ble companion', 'ble AA:BB:CC:DD:EE:01'])
})

t.test('of two that share a state folder one has the radio; with MESH_PORT_SHARING the other waits', async (t) => {
  const radio = createServer()
  const sockets: Socket[] = []
  radio.on('connection', (socket) => sockets.push(socket.resume()))
  await once(radio.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    radio.close()
  })
  const config: TransportConfig = { ...defaults, MESH_TRANSPORT: 'tcp', MESH_TCP_HOST: '127.0.0.1', MESH_TCP_PORT: (radio.address() as AddressInfo).port }
  const context = { stateDir: join(t.testdir(), 'radio'), log }
  const channel = await openTransport(config, context).open(new ChannelListener(), never)
  await t.rejects(openTransport(config, context).open(new ChannelListener(), never), { name: 'TransportError', problem: 'busy', remedy: /MESH_PORT_SHARING/ })
  const waiting = openTransport({ ...config, MESH_PORT_SHARING: true }, context).open(new ChannelListener(), never)
  await channel.close()
  await (await waiting).close()
  t.equal(sockets.length, 2)
})
