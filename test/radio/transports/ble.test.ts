import { sessionBus } from '@jellybrick/dbus-next'
import { once } from 'node:events'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createBleTransport, type BleOptions } from '../../../src/radio/transports/ble.js'
import { ChannelListener } from '../../support/channel-listener.js'
import { hasDBusDaemon, startDBusDaemon } from '../../support/dbus-daemon.js'
import { MockBluez, type MockDevice } from '../../support/mock-bluez.js'

const never = new AbortController().signal
const contact = new Uint8Array(148).fill(3)
const dbus = { skip: !hasDBusDaemon && 'dbus-daemon, which carries the mock of BlueZ, is not installed' }

async function setUp (t: Test, options: { isOn?: boolean, hasAdapter?: boolean } = {}) {
  const daemon = await startDBusDaemon(t)
  const bluez = await MockBluez.start(t, daemon.address, options)
  const logged: string[] = []
  const log = pino({}, { write: (line) => { logged.push(line) } })
  const transportTo = (more: Partial<BleOptions> = {}) => createBleTransport({ busAddress: daemon.address, log, ...more })
  const open = async (device: MockDevice) => {
    const listener = new ChannelListener()
    const channel = await transportTo({ address: device.address, pin: '123456' }).open(listener, never)
    return { listener, channel }
  }
  return { daemon, bluez, transportTo, open, logged }
}

t.test('a companion that is near is found by its name, paired by PIN, and spoken to a frame at a time', dbus, async (t) => {
  const { bluez, transportTo } = await setUp(t)
  bluez.addDevice({ address: 'AA:BB:CC:DD:EE:99', name: 'Heart rate' })
  const device = bluez.addDevice({ pin: 12 })
  const transport = transportTo({ pin: '000012' })
  const listener = new ChannelListener()
  const channel = await transport.open(listener, never)
  t.equal(transport.name, 'ble AA:BB:CC:DD:EE:01')
  t.same(bluez.calls.slice(1), [
    'Adapter1.SetDiscoveryFilter', 'Adapter1.StartDiscovery', 'Adapter1.StopDiscovery',
    'AgentManager1.RegisterAgent', 'Device1.Pair', 'AgentManager1.UnregisterAgent', 'Device1.Connect', 'GattCharacteristic1.StartNotify',
  ])
  for (const payload of [contact, Uint8Array.of(0x83), contact]) bluez.notify(device, payload)
  t.same(await listener.untilFrames(3), [contact, Uint8Array.of(0x83), contact])

  for (const payload of [Uint8Array.of(5), contact, Uint8Array.of(20)]) channel.send(payload)
  t.same(await bluez.untilWritten(3), [Buffer.of(5), Buffer.from(contact), Buffer.of(20)])
  await channel.close()
  t.same(await listener.ended, { error: null })
  t.equal(bluez.calls.at(-1), 'Device1.Disconnect')
  t.throws(() => channel.send(contact), /has ended/)
})

t.test('a paired companion is neither looked for nor paired again', dbus, async (t) => {
  const { bluez, transportTo, logged } = await setUp(t)
  bluez.addDevice({ address: 'AA:BB:CC:DD:EE:02', isKnown: true, rssi: -30 })
  bluez.addDevice({ isKnown: true, isPaired: true })
  const noPin = transportTo()
  const channel = await noPin.open(new ChannelListener(), never)
  t.equal(noPin.name, 'ble AA:BB:CC:DD:EE:01', 'before one that is nearer')
  t.match(logged.join(''), /several companions/)
  t.same(bluez.calls.slice(1), ['Device1.Connect', 'GattCharacteristic1.StartNotify'])
  await channel.close()

  const byAddress = transportTo({ address: 'aa:bb:cc:dd:ee:02', pin: '123456' })
  const other = await byAddress.open(new ChannelListener(), never)
  t.equal(byAddress.name, 'ble AA:BB:CC:DD:EE:02')
  await other.close()
})

t.test('the PIN is given to BlueZ alone, for this device alone, and never told', dbus, async (t) => {
  const { daemon, bluez, transportTo, logged } = await setUp(t)
  const device = bluez.addDevice({ pin: 654_321 })
  const other = bluez.addDevice({ address: 'AA:BB:CC:DD:EE:02', name: 'Other' })
  const stranger = sessionBus({ busAddress: daemon.address })
  await once(stranger, 'connect')
  t.teardown(() => stranger.disconnect())
  bluez.beforePin = async () => {
    await t.rejects(bluez.askAgent('RequestPasskey', device, stranger), { name: 'DBusError', type: 'org.bluez.Error.Rejected' })
    await t.rejects(bluez.askAgent('RequestPasskey', other), { name: 'DBusError', type: 'org.bluez.Error.Rejected' })
    await t.rejects(bluez.askAgent('RequestConfirmation', device), { name: 'DBusError', type: 'org.bluez.Error.Rejected' })
    t.equal(await bluez.askAgent('RequestPinCode', device), '123456')
    t.equal(await bluez.askAgent('Cancel', device), undefined)
  }
  const error = await transportTo({ pin: '123456' }).open(new ChannelListener(), never).catch((error: unknown) => error)
  t.match(error, { name: 'TransportError', problem: 'pairing', message: /Authentication Failed/, remedy: /MESH_BLE_PIN.*bluetoothctl remove/ })
  t.notMatch(JSON.stringify(error) + String(error) + logged.join(''), /123456/)
  t.equal(bluez.calls.at(-1), 'Device1.Disconnect', 'the radio is left free for others')

  bluez.beforePin = async () => {}
  await t.rejects(transportTo().open(new ChannelListener(), never), { problem: 'pairing', message: /not paired/, remedy: /Set MESH_BLE_PIN/ })
  const channel = await transportTo({ pin: '654321' }).open(new ChannelListener(), never)
  await channel.close()
  t.ok(device.isPaired)
})

t.test('a radio that leaves is lost, and so is one behind a Bluetooth service that stops', dbus, async (t) => {
  const { daemon, bluez, open } = await setUp(t)
  const device = bluez.addDevice({ isKnown: true, isPaired: true })
  const first = await open(device)
  bluez.disconnectDevice(device)
  t.match(await first.listener.ended, { error: { problem: 'lost', message: /ble AA:BB:CC:DD:EE:01 was lost: the radio disconnected/, remedy: /phone/ } })
  t.throws(() => first.channel.send(contact), /has ended/)
  await first.channel.close()

  const refused = await open(device)
  bluez.writes = 'refused'
  refused.channel.send(contact)
  t.match(await refused.listener.ended, { error: { problem: 'lost', message: /Not connected/ } })
  await refused.channel.close()

  const stuck = await open(device)
  bluez.writes = 'ignored'
  for (let sent = 0; sent < 66; sent++) stuck.channel.send(contact)
  t.match(await stuck.listener.ended, { error: { problem: 'lost', message: /stopped reading/ } })
  await stuck.channel.close()

  const last = await open(device)
  await bluez.bus.releaseName('org.bluez')
  t.match(await last.listener.ended, { error: { problem: 'lost', message: /Bluetooth service was stopped/ } })
  await last.channel.close()

  await bluez.bus.requestName('org.bluez')
  const orphan = await open(device)
  await daemon.stop()
  orphan.channel.send(contact)
  t.match(await orphan.listener.ended, { error: { problem: 'lost' } })
  await orphan.channel.close()
  t.same([first, refused, stuck, last, orphan].map(({ listener }) => listener.ends), [1, 1, 1, 1, 1])
})

t.test('what can\'t be reached is told with a remedy', dbus, async (t) => {
  const { bluez, transportTo, open } = await setUp(t)
  const near = transportTo({ scanMs: 50 })
  await t.rejects(near.open(new ChannelListener(), never), { problem: 'unreachable', message: /no companion was heard/, remedy: /phone.*MESH_BLE_ADDR/ })
  t.equal(bluez.calls.at(-1), 'Adapter1.StopDiscovery')
  await t.rejects(transportTo({ scanMs: 50, address: 'AA:BB:CC:DD:EE:07' }).open(new ChannelListener(), never), { problem: 'unreachable', message: /AA:BB:CC:DD:EE:07 was not heard/ })

  const far = bluez.addDevice({ address: 'AA:BB:CC:DD:EE:03', isKnown: true, isPaired: true, connectError: 'org.bluez.Error.Failed' })
  await t.rejects(open(far), { problem: 'unreachable', message: /can't be connected: le-connection-abort-by-local/, remedy: /phone/ })
  const unpaired = bluez.addDevice({ address: 'AA:BB:CC:DD:EE:05', isKnown: true, connectError: 'org.bluez.Error.Failed' })
  await t.rejects(open(unpaired), { problem: 'unreachable', message: /can't be connected: Page Timeout/ })
  const watch = bluez.addDevice({ address: 'AA:BB:CC:DD:EE:04', isKnown: true, isPaired: true, hasUart: false })
  await t.rejects(open(watch), { problem: 'refused', message: /no UART service/, remedy: /MESH_BLE_ADDR/ })
  t.equal(bluez.calls.at(-1), 'Device1.Disconnect')
  const forgetful = bluez.addDevice({ isKnown: true, isPaired: true })
  bluez.notifyError = 'org.bluez.Error.NotPermitted'
  await t.rejects(open(forgetful), { problem: 'pairing', message: /does not let us read/, remedy: /bluetoothctl remove/ })
  bluez.notifyError = null
  await (await open(forgetful)).channel.close()

  const off = await setUp(t, { isOn: false })
  await t.rejects(off.transportTo().open(new ChannelListener(), never), { problem: 'no_port', message: /hci0 is off/, remedy: /rfkill unblock bluetooth/ })
  const bare = await setUp(t, { hasAdapter: false })
  await t.rejects(bare.transportTo().open(new ChannelListener(), never), { problem: 'no_port', message: /no Bluetooth adapter/ })
})

t.test('without BlueZ, D-Bus, the right to use them, or the library, that is told', dbus, async (t) => {
  const log = pino({ enabled: false })
  const { address: busAddress } = await startDBusDaemon(t)
  const openingWith = (options: Partial<BleOptions>) => createBleTransport({ busAddress, log, ...options }).open(new ChannelListener(), never)
  await t.rejects(openingWith({}), { problem: 'not_installed', message: /BlueZ does not answer/, remedy: /systemctl enable --now bluetooth/ })
  await t.rejects(openingWith({ busAddress: 'unix:path=/dev/null/bus' }), { problem: 'not_installed', message: /D-Bus can't be reached/, remedy: /\/run\/dbus/ })
  const guarded = await startDBusDaemon(t, '<deny send_destination="org.bluez"/>')
  await MockBluez.start(t, guarded.address)
  await t.rejects(openingWith({ busAddress: guarded.address }), { problem: 'permission', message: /may not speak to BlueZ/, remedy: /usermod -a -G bluetooth/ })
  const load = () => Promise.reject(Object.assign(new Error('Cannot find package \'@jellybrick/dbus-next\''), { code: 'ERR_MODULE_NOT_FOUND' }))
  await t.rejects(openingWith({ load }), { problem: 'not_installed', message: /D-Bus client/, remedy: /npm ci/ })
})

t.test('stopping ends the opening at once, the looking around too', dbus, async (t) => {
  const { bluez, transportTo } = await setUp(t)
  const stopping = new AbortController()
  const opening = transportTo().open(new ChannelListener(), stopping.signal)
  await bluez.untilCalled('Adapter1.StartDiscovery')
  stopping.abort(new Error('stopping'))
  await t.rejects(opening, { message: 'stopping' })
  t.equal(bluez.calls.at(-1), 'Adapter1.StopDiscovery')
  await t.rejects(transportTo().open(new ChannelListener(), stopping.signal), { message: 'stopping' })
})
