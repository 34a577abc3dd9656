import { join } from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createExclusiveTransport } from '../../../src/radio/transports/exclusive.js'
import { TransportError, type ChannelEvents, type Transport } from '../../../src/radio/transports/transport.js'
import { ChannelListener } from '../../support/channel-listener.js'

const never = new AbortController().signal

/** A radio that serves the newest connection, as the firmware does over TCP. */
class NewestWins implements Transport {
  readonly name = 'tcp radio:5000'
  opened = 0
  refusal: TransportError | null = null
  #events: ChannelEvents | null = null

  lose (): void {
    this.#events?.onEnd(new TransportError('lost', 'gone', ''))
  }

  async open (events: ChannelEvents) {
    if (this.refusal !== null) throw this.refusal
    this.opened++
    this.lose()
    this.#events = events
    return { send () {}, close: async () => { this.#events = null } }
  }
}

function setUp (t: Test, waitMs: number) {
  const lockFile = join(t.testdir(), 'state', 'radio.lock')
  const radio = new NewestWins()
  const told: string[] = []
  const log = pino({}, { write: (line) => { told.push(String(JSON.parse(line).msg)) } })
  // Each as in a process of its own.
  const process = () => createExclusiveTransport(radio, { lockFile, waitMs, log })
  return { radio, told, daemon: process(), once: process(), lockFile, log }
}

t.test('without turns the second is told who has the radio, and the first keeps it', async (t) => {
  const { radio, daemon, once } = setUp(t, 0)
  const listener = new ChannelListener()
  const channel = await daemon.open(listener, never)
  await t.rejects(once.open(new ChannelListener(), never), { problem: 'busy', message: `process ${process.pid} has tcp radio:5000 open`, remedy: /MESH_PORT_SHARING=1/ })
  t.same([radio.opened, listener.ends], [1, 0])
  await channel.close()
  const second = await once.open(new ChannelListener(), never)
  t.equal(radio.opened, 2)
  await second.close()
})

t.test('with turns the second waits for the first', async (t) => {
  const { radio, daemon, once, told } = setUp(t, 60_000)
  const channel = await daemon.open(new ChannelListener(), never)
  const opening = once.open(new ChannelListener(), never)
  const stopping = new AbortController()
  const stopped = once.open(new ChannelListener(), stopping.signal)
  stopping.abort(new Error('stopping'))
  await t.rejects(stopped, { message: 'stopping' })
  t.equal(radio.opened, 1)
  await channel.close()
  await (await opening).close()
  t.equal(radio.opened, 2)
  t.match(told, [/^another meshmon has tcp radio:5000 open: waiting/])
})

t.test('the lock is given back when the radio is lost, or was never reached', async (t) => {
  const { radio, daemon, once } = setUp(t, 0)
  const listener = new ChannelListener()
  const channel = await daemon.open(listener, never)
  radio.lose()
  await channel.close()
  t.match(await listener.ended, { error: { problem: 'lost' } })

  radio.refusal = new TransportError('refused', 'nothing listens', '')
  await t.rejects(daemon.open(new ChannelListener(), never), { name: 'TransportError', problem: 'refused' })
  radio.refusal = null
  await (await once.open(new ChannelListener(), never)).close()
  t.equal(radio.opened, 2)
})

t.test('a folder that can\'t be written is told', async (t) => {
  const { radio, log } = setUp(t, 0)
  const transport = createExclusiveTransport(radio, { lockFile: '/dev/null/radio.lock', waitMs: 0, log })
  await t.rejects(transport.open(new ChannelListener(), never), { problem: 'permission', message: /\/dev\/null\/radio\.lock/, remedy: /STATE_DIR/ })
  t.equal(radio.opened, 0)
})
