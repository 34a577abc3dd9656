import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { encodeFrame, frame } from '../../../src/radio/frames/index.js'
import { findSerialPorts } from '../../../src/radio/transports/serial-ports.js'
import { createSerialTransport, type SerialOptions } from '../../../src/radio/transports/serial.js'
import { ChannelListener } from '../../support/channel-listener.js'
import { hasSocat, plugIn } from '../../support/pty.js'

const time = encodeFrame({ is: 'time', timeS: 1_767_225_600 })
const never = new AbortController().signal
const pty = { skip: !hasSocat && 'socat, which makes the serial port, is not installed' }

function setUp (t: Test, options: Partial<SerialOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'meshmon-dev-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const told: string[] = []
  const log = pino({}, { write: (line) => { told.push(String(JSON.parse(line).msg)) } })
  const port = (name: string): string => join(folder, name)
  const transport = createSerialTransport({ baud: 115_200, folder, log, ...options })
  return { folder, port, transport, told, log }
}

t.test('ports are tried in order, and named for people', async (t) => {
  const { folder, port } = setUp(t)
  for (const name of ['ttyUSB0', 'ttyACM10', 'ttyACM2', 'ttyS0', 'ttyACM', 'tty']) writeFileSync(port(name), '')
  mkdirSync(port('serial/by-id'), { recursive: true })
  symlinkSync('../../ttyACM10', port('serial/by-id/usb-RAKwireless_WisCore'))
  t.same(await findSerialPorts(folder), [
    { path: port('ttyACM2'), byId: undefined },
    { path: port('ttyACM10'), byId: port('serial/by-id/usb-RAKwireless_WisCore') },
    { path: port('ttyUSB0'), byId: undefined },
  ])
  t.same(await findSerialPorts(port('nothing')), [])
})

t.test('frames go both ways at the speed set, in pieces and among debug text', pty, async (t) => {
  const { port, transport } = setUp(t, { baud: 38_400 })
  const radio = await plugIn(t, port('ttyACM0'))
  const listener = new ChannelListener()
  const channel = await transport.open(listener, never)
  t.equal(transport.name, `serial ${port('ttyACM0')}`)
  t.equal(execFileSync('stty', ['-F', port('ttyACM0'), 'speed'], { encoding: 'utf8' }), '38400\n')

  const bytes = Buffer.from(frame('>', time))
  radio.says.write('rst:0x1 (POWERON)\r\n')
  radio.says.write(bytes.subarray(0, 2))
  radio.says.write(Buffer.concat([bytes.subarray(2), bytes]))
  t.same(await listener.untilFrames(2), [time, time])

  const heard = once(radio.hears, 'data')
  channel.send(Uint8Array.of(5))
  t.same(await heard, [Buffer.from([0x3c, 1, 0, 5])])
  await channel.close()
  t.same(await listener.ended, { error: null })
})

t.test('a radio that is unplugged is lost, and found again under another name', pty, async (t) => {
  const { port, transport } = setUp(t)
  const radio = await plugIn(t, port('ttyACM0'))
  const listener = new ChannelListener()
  const channel = await transport.open(listener, never)
  await radio.unplug()
  t.match((await listener.ended).error, { problem: 'lost', message: `the connection to serial ${port('ttyACM0')} was lost`, remedy: /plugged in/ })
  t.throws(() => channel.send(time), /has ended/)
  await channel.close()
  t.equal(listener.ends, 1)
  await t.rejects(transport.open(listener, never), { problem: 'no_port', message: /no ttyACM/, remedy: /dmesg/ })

  const again = await plugIn(t, port('ttyACM1'))
  const second = new ChannelListener()
  const reopened = await transport.open(second, never)
  again.says.write(frame('>', time))
  t.same(await second.untilFrames(1), [time])
  t.equal(transport.name, `serial ${port('ttyACM1')}`)
  await reopened.close()
})

t.test('what was received just before the radio was unplugged does not hide that', pty, async (t) => {
  const { port, transport } = setUp(t)
  const radio = await plugIn(t, port('ttyUSB0'))
  const listener = new ChannelListener()
  const channel = await transport.open(listener, never)
  radio.says.write(frame('>', time))
  await listener.untilFrames(1)
  await radio.unplug()
  t.match(await listener.ended, { error: { problem: 'lost' } })
  await channel.close()
})

t.test('a port in use is waited for, and that is told once', pty, async (t) => {
  const { port, transport, told } = setUp(t)
  await plugIn(t, port('ttyACM0'))
  const first = await transport.open(new ChannelListener(), never)
  const stopping = new AbortController()
  const stopped = transport.open(new ChannelListener(), stopping.signal)
  const opening = transport.open(new ChannelListener(), never)
  stopping.abort(new Error('stopping'))
  await t.rejects(stopped, { message: 'stopping' })
  const impatient = setUp(t, { port: port('ttyACM0'), waitMs: 0 }).transport
  await t.rejects(impatient.open(new ChannelListener(), never), { problem: 'busy', message: /another program uses/, remedy: /MESH_PORT_SHARING/ })
  await first.close()
  const second = await opening
  await second.close()
  t.match(told, [/waiting until it is free/, /waiting until it is free/], 'one line for each opening that waited')

  const now = await impatient.open(new ChannelListener(), never)
  await now.close()
  t.pass('a closed port is free at once')
})

t.test('a port that can\'t be opened is told with a remedy', async (t) => {
  const { folder, port, log } = setUp(t)
  writeFileSync(port('ttyACM0'), '')
  const openingOf = (path: string) => createSerialTransport({ port: path, baud: 115_200, folder, log }).open(new ChannelListener(), never)
  await t.rejects(openingOf(port('ttyUSB7')), { problem: 'no_port', message: `there is no ${port('ttyUSB7')}`, remedy: new RegExp(port('ttyACM0')) })
  await t.rejects(openingOf('/dev/null'), { problem: 'no_port', message: '/dev/null is no serial port' })
  await t.rejects(openingOf(folder), { problem: 'no_port', message: /is no serial port/ })

  chmodSync(folder, 0o755)
  chmodSync(port('ttyACM0'), 0)
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.('nobody')
  try {
    await t.rejects(openingOf(port('ttyACM0')), { problem: 'permission', message: /may not open/, remedy: /usermod -a -G dialout/ })
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
})
