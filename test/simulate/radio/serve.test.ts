import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { systemClock } from '../../../src/clock.js'
import { decodeFrame, encodeCommand, frame, Framer, type Command, type RadioFrame } from '../../../src/radio/frames/index.js'
import { planWorld } from '../../../src/simulate/radio/plan.js'
import { serveWorld } from '../../../src/simulate/radio/serve.js'
import { FirmwareReceiver } from '../../../src/simulate/radio/receiver.js'
import { World } from '../../../src/simulate/radio/world.js'

const host = '127.0.0.1'
const getTime = frame('<', encodeCommand({ is: 'get_time' }))

/** A client on a real socket that keeps what it gets. */
class TcpApp {
  readonly frames: RadioFrame[] = []
  readonly bytes: Buffer[] = []
  readonly ended: Promise<unknown>
  readonly #framer = new Framer('>')

  constructor (readonly socket: Socket) {
    this.ended = once(socket, 'end')
    socket.on('error', () => {}).on('data', (chunk: Buffer) => {
      this.bytes.push(chunk)
      this.frames.push(...this.#framer.push(chunk).map(decodeFrame))
    })
  }

  /** Resolves with the next frame of a kind: the test's own limit is the bound. */
  async next (is: RadioFrame['is']): Promise<RadioFrame> {
    for (;;) {
      const at = this.frames.findIndex((each) => each.is === is)
      if (at >= 0) return this.frames.splice(0, at + 1)[at] ?? { is: 'ok' }
      await once(this.socket, 'data')
    }
  }

  send (command: Command): void {
    this.socket.write(frame('<', encodeCommand(command)))
  }
}

async function served (t: Test): Promise<{ world: World, port: number, open: () => Promise<TcpApp> }> {
  const world = new World(systemClock, planWorld({ advertEveryS: 0 }))
  const { port, close } = await serveWorld(world, { host, port: 0 })
  t.teardown(close)
  const open = async (): Promise<TcpApp> => {
    const socket = connect(port, host)
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    return new TcpApp(socket)
  }
  return { world, port, open }
}

t.test('commands over a socket, in pieces and together', async (t) => {
  const { open } = await served(t)
  const app = await open()
  for (const byte of getTime) app.socket.write(Uint8Array.of(byte))
  t.match(await app.next('time'), { is: 'time' })
  app.socket.write(Buffer.concat([getTime, frame('<', encodeCommand({ is: 'get_battery' })), getTime]))
  await app.next('battery')
  t.match(await app.next('time'), { is: 'time' })
})

t.test('point 11: a second client ends the first', async (t) => {
  const { open } = await served(t)
  const [first, second] = [await open(), await open()]
  await first.ended
  second.send({ is: 'get_time' })
  t.match(await second.next('time'), { is: 'time' })
  t.same(first.frames, [])
})

t.test('point 12: half a frame and a disconnect leave nothing behind', async (t) => {
  const { open } = await served(t)
  const first = await open()
  first.socket.end(Uint8Array.of(0x3c, 10, 0, 5))
  await once(first.socket, 'close')
  const second = await open()
  second.send({ is: 'get_time' })
  t.match(await second.next('time'), { is: 'time' })
})

t.test('point 15: what is no frame wedges the connection: all that follows is swallowed; a new one is well', async (t) => {
  const { open } = await served(t)
  const wedge = Buffer.alloc(3 + 0x5445)
  wedge.write('GET / HTTP/1.1\r\n\r\n')
  wedge.set(getTime, 100)
  const first = await open()
  first.socket.write(wedge)
  first.send({ is: 'get_battery' })
  t.match(await first.next('battery'), { is: 'battery' }, 'once it has what it waits for')
  first.socket.write(wedge.subarray(0, -1))
  first.send({ is: 'get_time' })
  const second = await open()
  second.send({ is: 'get_time' })
  await second.next('time')
  await first.ended
  t.notOk(first.frames.some(({ is }) => is === 'time'))
})

t.test('point 15: a header is whatever three bytes come first', (t) => {
  const receiver = new FirmwareReceiver(176)
  t.same(receiver.push(Buffer.from('GET / HTTP/1.1\r\n\r\n')), [])
  t.same(receiver.push(Buffer.from(getTime)), [])
  t.same(receiver.push(Buffer.alloc(0x5445)), [])
  const fresh = new FirmwareReceiver(172)
  t.same(fresh.push(Buffer.concat([Uint8Array.of(0x3c, 173, 0), Buffer.alloc(173), getTime, getTime.subarray(0, 2)])), [Uint8Array.of(5)])
  t.same(fresh.push(Buffer.from(getTime.subarray(2))), [Uint8Array.of(5)])
  t.same(fresh.push(Buffer.concat([Uint8Array.of(0x3c, 0, 0), frame('>', Uint8Array.of(20)), getTime])), [Uint8Array.of(5)])
  t.end()
})

t.test('point 15: frames of no length, another direction or too long are left out', async (t) => {
  const { open } = await served(t)
  const app = await open()
  app.socket.write(Buffer.concat([Uint8Array.of(0x3c, 0, 0), frame('>', encodeCommand({ is: 'get_battery' })), Uint8Array.of(0x3c, 177, 0), Buffer.alloc(177, 5), getTime]))
  await app.next('time')
  t.same(app.frames, [])
  app.socket.write(Uint8Array.of(0x3c, 1, 0, 250))
  t.match(await app.next('error'), { code: 1 })
})

t.test('point 16: a radio that is off refuses connections; one that hangs accepts them', async (t) => {
  const { open, world, port } = await served(t)
  const first = await open()
  first.send({ is: 'get_time' })
  await first.next('time')
  world.companion.powerOff()
  await first.ended
  const refused = connect(port, host)
  const [error] = await once(refused, 'error')
  t.match(error, { code: 'ECONNREFUSED' })
  world.companion.powerOn()
  const second = await open()
  second.send({ is: 'get_time' })
  await second.next('time')
  world.companion.hang()
  const third = await open()
  third.send({ is: 'get_time' })
  world.companion.resume()
  t.match(await third.next('time'), { is: 'time' })
})

t.test('a frame is cut in its middle with the connection', async (t) => {
  const { open, world } = await served(t)
  const app = await open()
  world.companion.cutNextFrame()
  app.send({ is: 'app_start', app: 'test' })
  await app.ended
  const bytes = Buffer.concat(app.bytes)
  t.equal(bytes[0], 0x3e)
  t.ok(bytes.length > 3 && bytes.length < 3 + bytes.readUInt16LE(1))
})
