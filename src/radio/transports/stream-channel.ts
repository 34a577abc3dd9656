import type { Duplex } from 'node:stream'
import { frame, Framer } from '../frames/index.js'
import { TransportError, type Channel, type ChannelEvents } from './transport.js'

const usualUnfinishedMs = 1000
/** The radio has stopped reading long before so much waits: a command has 200 bytes, and one is in flight. */
const mostUnread = 64 * 1024
const closeMs = 2000

export interface StreamChannelOptions {
  stream: Duplex
  events: ChannelEvents
  /** Of the transport. */
  name: string
  /** A frame that began and is not whole after so long lost bytes, or never was one. A second unless told. */
  unfinishedMs?: number
  /** Why the other side ended it without an error. */
  endedBecause: string
  remedy: string
}

/** Frames over a stream of bytes that is open: a TCP socket, a serial port. Takes the stream over, its errors too. */
export function openStreamChannel ({ stream, events, name, unfinishedMs = usualUnfinishedMs, endedBecause, remedy }: StreamChannelOptions): Channel {
  const framer = new Framer('>')
  let hasEnded = false
  let isClosing = false
  let unfinished: NodeJS.Timeout | undefined
  let failure: Error | undefined
  const closed = new Promise<void>((resolve) => stream.once('close', resolve))

  function end (): void {
    if (hasEnded) return
    hasEnded = true
    clearTimeout(unfinished)
    stream.destroy()
    events.onEnd(isClosing ? null : new TransportError('lost', `the connection to ${name} was lost: ${failure?.message ?? endedBecause}`, remedy, failure && { cause: failure }))
  }

  function pass (payloads: Uint8Array[]): void {
    for (const payload of payloads) if (!hasEnded && !isClosing) events.onFrame(payload)
  }

  stream.on('data', (chunk: Buffer) => {
    clearTimeout(unfinished)
    pass(framer.push(chunk))
    if (framer.isWaiting && !hasEnded) unfinished = setTimeout(() => pass(framer.giveUp()), unfinishedMs)
  })
  stream.on('error', (error: Error) => {
    failure ??= error
    end()
  })
  stream.once('end', end)
  stream.once('close', end)

  return {
    send (payload) {
      if (hasEnded || isClosing) throw new TransportError('lost', `the connection to ${name} has ended`, remedy)
      stream.write(frame('<', payload))
      if (stream.writableLength <= mostUnread) return
      failure = new Error('the radio has stopped reading')
      end()
    },
    async close () {
      isClosing = true
      clearTimeout(unfinished)
      // A second after the end nothing is left to be sent.
      const limit = setTimeout(end, closeMs)
      stream.end(end)
      await closed
      clearTimeout(limit)
    },
  }
}
