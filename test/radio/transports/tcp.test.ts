import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { encodeFrame, frame } from '../../../src/radio/frames/index.js'
import { createTcpTransport } from '../../../src/radio/transports/tcp.js'
import { ChannelListener } from '../../support/channel-listener.js'

const time = encodeFrame({ is: 'time', timeS: 1_767_225_600 })
const never = new AbortController().signal

/** A radio on a real socket, and a channel to it. */
async function setUp (t: Test) {
  const server: Server = createServer()
  const sockets: Socket[] = []
  server.on('connection', (socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const transport = createTcpTransport({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  const nextRadio = async (): Promise<Socket> => {
    const [socket] = await once(server, 'connection') as [Socket]
    return socket
  }
  const connected = nextRadio()
  const listener = new ChannelListener()
  const channel = await transport.open(listener, never)
  const radio = await connected
  return { transport, channel, radio, listener, nextRadio }
}

t.test('frames go both ways, in pieces and among debug text', async (t) => {
  const { channel, radio, listener } = await setUp(t)
  radio.write('boot: ready\r\n')
  const bytes = Buffer.from(frame('>', time))
  radio.write(bytes.subarray(0, 2))
  radio.write(Buffer.concat([bytes.subarray(2), bytes, bytes.subarray(0, 4)]))
  radio.write(bytes.subarray(4))
  t.same(await listener.untilFrames(3), [time, time, time])

  const heard = once(radio, 'data') as Promise<[Buffer]>
  channel.send(Uint8Array.of(5))
  t.same((await heard)[0], Buffer.from([0x3c, 1, 0, 5]))
  await channel.close()
})

t.test('a frame that never gets whole does not hold up those behind it', async (t) => {
  const { channel, radio, listener } = await setUp(t)
  radio.write(Buffer.concat([Buffer.from([0x3e, 0x20, 0x01, 9]), frame('>', time)]))
  t.same(await listener.untilFrames(1), [time])
  await channel.close()
})

t.test('half a frame of the last connection is forgotten', async (t) => {
  const { transport, channel, radio, listener, nextRadio } = await setUp(t)
  const bytes = Buffer.from(frame('>', time))
  radio.end(Buffer.concat([bytes, bytes.subarray(0, 5)]))
  t.match(await listener.ended, { error: { problem: 'lost' } })
  await channel.close()
  const second = new ChannelListener()
  const coming = nextRadio()
  const reopened = await transport.open(second, never)
  const again = await coming
  again.write(bytes)
  t.same([await second.untilFrames(1), listener.payloads], [[time], [time]])
  await reopened.close()
})

t.test('FIN and RST are told once, with what it may mean', async (t) => {
  for (const leave of [(radio: Socket) => radio.end(), (radio: Socket) => radio.resetAndDestroy()]) {
    const { channel, radio, listener } = await setUp(t)
    leave(radio)
    const { error } = await listener.ended
    t.match(error, { problem: 'lost', message: /^the connection to tcp 127\.0\.0\.1:\d+ was lost: /, remedy: /another program/ })
    t.throws(() => channel.send(time), /has ended/)
    await channel.close()
  }
})

t.test('closing is no loss, and the radio sees it', async (t) => {
  const { channel, radio, listener } = await setUp(t)
  const gone = once(radio, 'close')
  radio.resume()
  await channel.close()
  t.same(await listener.ended, { error: null })
  await gone
  await channel.close()
})

t.test('a radio that reads nothing ends the connection before much is held for it', async (t) => {
  const { channel, radio, listener } = await setUp(t)
  radio.pause()
  let sent = 0
  await t.rejects(async () => {
    for (; sent < 500_000; sent++) {
      channel.send(new Uint8Array(176).fill(1))
      if (sent % 1000 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }, /has ended/)
  t.match(await listener.ended, { error: { problem: 'lost', message: /stopped reading/ } })
  await channel.close()
})

t.test('what can\'t be reached is told with a remedy', async (t) => {
  const { transport } = await setUp(t)
  const events = { onFrame: () => {}, onEnd: () => t.fail('was never open') }
  const gone = createServer()
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
  const { port } = gone.address() as AddressInfo
  await new Promise((resolve) => gone.close(resolve))
  await t.rejects(createTcpTransport({ host: '127.0.0.1', port }).open(events, never), { name: 'TransportError', problem: 'refused', remedy: /MESH_TCP_PORT/ })
  await t.rejects(createTcpTransport({ host: 'radio.invalid', port }).open(events, never), { problem: 'unreachable', message: /radio\.invalid/, remedy: /MESH_TCP_HOST/ })
  const stopped = AbortSignal.abort(new Error('stopping'))
  await t.rejects(transport.open(events, stopped), { message: 'stopping' })
})

t.test('a connection that nobody answers is given up after 5 s', async (t) => {
  const port = await startBlackHole(t)
  const transport = createTcpTransport({ host: '127.0.0.1', port })
  await t.rejects(transport.open(new ChannelListener(), never), { problem: 'unreachable', message: /no answer within 5 s/, remedy: /MESH_TCP_HOST/ })

  const stopping = new AbortController()
  const stopped = transport.open(new ChannelListener(), stopping.signal)
  stopping.abort(new Error('stopping'))
  await t.rejects(stopped, { message: 'stopping' })
})

/** A port whose program stands still: the system accepts for it until its queue is full, and drops what comes then. */
async function startBlackHole (t: Test): Promise<number> {
  const program = `const server = require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    console.log(server.address().port)
    process.kill(process.pid, 'SIGSTOP')
  })`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const [chunk] = await once(child.stdout, 'data') as [Buffer]
  const port = Number(chunk)
  for (let isFull = false; !isFull;) {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', () => {})
    t.teardown(() => socket.destroy())
    isFull = await Promise.race([once(socket, 'connect').then(() => false), delay(300).then(() => true)])
  }
  return port
}
