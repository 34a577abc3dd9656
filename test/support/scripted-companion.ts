import { pino, type Logger } from 'pino'
import type { Clock } from '../../src/clock.js'
import { decodeCommand, encodeFrame } from '../../src/radio/frames/index.js'
import type { Command, Contact, LoginSuccess, RadioFrame, SelfInfo, Sent } from '../../src/radio/frames/types.js'
import { TransportError, type Channel, type ChannelEvents, type Transport } from '../../src/radio/transports/transport.js'

/** What a companion says to a command; raw bytes are sent as they stand. */
export type Says = Array<RadioFrame | Uint8Array>
export type Answers = Partial<Record<Command['is'], (command: Command) => Says>>

export const selfInfo: SelfInfo = {
  is: 'self_info', advertType: 1, txPowerDbm: 22, maxTxPowerDbm: 22, key: new Uint8Array(32).fill(0xdf), latitude: -33.865143, longitude: 151.2099,
  multiAcks: 0, locationPolicy: 0, telemetryMode: 0, manualAddContacts: 0, frequencyMhz: 869.618, bandwidthKhz: 62.5, spreadingFactor: 8, codingRate: 8, name: 'Base-1'
}

export const keyOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

export const contactOf = (byte: number, name: string, lastModifiedS: number): Contact => ({
  is: 'contact', key: keyOf(byte), type: 2, flags: 0, hops: 0, hashSize: 1, path: new Uint8Array(64), name, lastAdvertS: lastModifiedS, latitude: 0, longitude: 0, lastModifiedS
})

export const sentAs = (tag: number, sent: Partial<Sent> = {}): Sent => ({ is: 'sent', flooded: false, tag, suggestedMs: 2000, ...sent })

export const loginSuccess = (key: Uint8Array, fields: Partial<LoginSuccess> = {}): LoginSuccess => ({
  is: 'login_success', isAdmin: false, prefix: key.slice(0, 6), clockS: 1_767_225_601, permissions: 0, firmwareLevel: 2, ...fields
})

/** A companion that says what its script says: to start with only what a start-up needs. It is a transport that opens at once. */
export class ScriptedCompanion implements Transport {
  readonly name = 'script'
  readonly commands: Command[] = []
  readonly answers: Answers
  /** What the next openings are refused with. */
  readonly refusals: TransportError[] = []
  /** Channels opened so far. */
  opened = 0
  /** How long closing a channel takes. */
  closeMs = 0
  readonly #clock: Clock
  #events: ChannelEvents | null = null

  constructor (clock: Clock, answers: Answers = {}) {
    this.#clock = clock
    this.answers = {
      app_start: () => [selfInfo],
      device_query: () => [{ is: 'device_info', firmwareCode: 13, maxContacts: 350, maxChannels: 40, buildDate: '14 Aug 2026', model: 'Simulated', version: 'v1.17.1' }],
      get_time: () => [{ is: 'time', timeS: Math.floor(clock.now() / 1000) }],
      ...answers
    }
  }

  get isOpen (): boolean { return this.#events !== null }

  asked (is: Command['is']): number {
    return this.commands.filter((command) => command.is === is).length
  }

  async open (events: ChannelEvents, signal: AbortSignal): Promise<Channel> {
    signal.throwIfAborted()
    const refusal = this.refusals.shift()
    if (refusal !== undefined) throw refusal
    if (this.isOpen) throw new Error('the last channel is still open')
    this.opened++
    this.#events = events
    return {
      send: (payload) => { this.#receive(payload, events) },
      close: async () => {
        if (this.closeMs > 0) await this.#clock.wait(this.closeMs)
        this.#end(events, null)
      }
    }
  }

  /** Unasked. */
  say (...frames: Says): void {
    for (const frame of frames) this.#events?.onFrame(frame instanceof Uint8Array ? frame : encodeFrame(frame))
  }

  /** The radio ends the connection. */
  drop (): void {
    if (this.#events !== null) this.#end(this.#events, new TransportError('lost', 'the radio closed the connection', 'look at it'))
  }

  #receive (payload: Uint8Array, events: ChannelEvents): void {
    if (this.#events !== events) throw new TransportError('lost', 'the channel has ended', 'look at it')
    const command = decodeCommand(payload)
    this.commands.push(command)
    queueMicrotask(() => { if (this.#events === events) this.say(...this.answers[command.is]?.(command) ?? []) })
  }

  #end (events: ChannelEvents, error: TransportError | null): void {
    if (this.#events !== events) return
    this.#events = null
    events.onEnd(error)
  }
}

/** A log at its finest level, and its lines. */
export function catchLog (): { log: Logger, lines: string[] } {
  const lines: string[] = []
  return { log: pino({ level: 'trace' }, { write: (line: string) => { lines.push(line) } }), lines }
}
