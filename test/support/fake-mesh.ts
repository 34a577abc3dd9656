import { answerMs, reckonedAirtimeMs, requestMs, type Request, type Route } from '../../src/radio/airtime.js'
import { RadioError, type Asked, type ClockCheck, type Companion } from '../../src/radio/companion.js'
import { encodeLpp, encodeNeighbours, encodeRepeaterStats } from '../../src/radio/frames/index.js'
import type { Contact, LoginSuccess, LppReading, Neighbour, RemoteRequest, RepeaterStats, SelfInfo, Sent, Stats, StatsKind } from '../../src/radio/frames/types.js'
import { Random } from '../../src/simulate/random.js'
import type { VirtualClock } from './virtual-clock.js'

/** A repeater as the companion reaches it. Tests change these fields while it is polled. */
export interface FakeRepeater {
  name: string
  key: Uint8Array
  /** null: the companion knows no path; an answer tells it `trueHops`. */
  hops: number | null
  trueHops: number
  password: string
  /** Who logged in before. */
  knowsUs: boolean
  /** It answers nothing: its power is off, or a hop of the known path is. */
  isUp: boolean
  pathIsBroken: boolean
  /** Added to the time of an answer. */
  lateMs: number
  clockOffsetS: number
  stats: RepeaterStats
  telemetry: LppReading[]
  neighbours: Neighbour[]
}

export interface Asking { atMs: number, name: string, is: 'login' | RemoteRequest['is'] }

const self: SelfInfo = {
  is: 'self_info', advertType: 1, txPowerDbm: 22, maxTxPowerDbm: 22, key: new Uint8Array(32).fill(0xc0), latitude: 0, longitude: 0, multiAcks: 0, locationPolicy: 0,
  telemetryMode: 0, manualAddContacts: 0, frequencyMhz: 869.618, bandwidthKhz: 62.5, spreadingFactor: 8, codingRate: 5, name: 'Base-1',
}

const quiet: RepeaterStats = {
  bat: 3987, tx_queue_len: 0, noise_floor: -112, last_rssi: -95, nb_recv: 100, nb_sent: 50, airtime: 20, uptime: 3600, sent_flood: 30, sent_direct: 20,
  recv_flood: 60, recv_direct: 40, full_evts: 0, last_snr: 8.5, direct_dups: 1, flood_dups: 2, rx_airtime: 40, recv_errors: 0,
}

const ownStats: { [K in StatsKind]: Extract<Stats, { kind: K }> } = {
  core: { kind: 'core', battery_mv: 4012, uptime_secs: 86461, errors: 0, queue_len: 0 },
  radio: { kind: 'radio', noise_floor: -117, last_rssi: -92, last_snr: -6.75, tx_air_secs: 321, rx_air_secs: 6543 },
  packets: { kind: 'packets', recv: 12000, sent: 345, flood_tx: 300, direct_tx: 45, flood_rx: 11000, direct_rx: 1000, recv_errors: 17 },
}

/**
 * A companion and its repeaters as the poller sees them, without frames. The firmware's behaviour is that of src/simulate/radio; this one
 * does what a test tells it, and counts the airtime of everything.
 */
export class FakeMesh {
  readonly repeaters: FakeRepeater[]
  readonly asked: Asking[] = []
  readonly airtime: { atMs: number, ms: number }[] = []
  /** Share of frames that are lost on each way. */
  loss = 0
  clockCheck: ClockCheck = { state: 'right', offsetS: 0 }
  /** What the companion, or its connection, answers to everything. */
  trouble: Error | null = null
  /** Parts of the companion's own figures that fail. */
  readonly broken = new Map<StatsKind | 'telemetry' | 'contacts' | 'request', Error>()
  connections = 0
  readonly companion: Companion
  readonly #clock: VirtualClock
  readonly #random: Random
  #giveUp: () => void = () => {}

  constructor (clock: VirtualClock, names: string[], seed = 1) {
    this.#clock = clock
    this.#random = new Random(seed, 5)
    this.repeaters = names.map((name, i) => ({
      name, key: new Uint8Array(32).fill(i + 1), hops: 0, trueHops: 0, password: 'secret-pass', knowsUs: false, isUp: true, pathIsBroken: false, lateMs: 0, clockOffsetS: 3,
      stats: { ...quiet }, telemetry: [], neighbours: [],
    }))
    this.companion = this.#makeCompanion()
  }

  repeater (name: string): FakeRepeater {
    return this.repeaters.find((one) => one.name === name)!
  }

  /** As connection.ts has it. */
  use = async <T>(work: (companion: Companion) => Promise<T>, signal: AbortSignal): Promise<T> => {
    signal.throwIfAborted()
    this.connections++
    if (this.trouble) throw this.trouble
    return await work(this.companion)
  }

  /** Ends the connection under whoever waits. */
  drop (): void {
    this.#giveUp()
  }

  #makeCompanion (): Companion {
    const part = <T>(name: StatsKind | 'telemetry' | 'contacts', value: () => T): Promise<T> => {
      const error = this.trouble ?? this.broken.get(name)
      return error ? Promise.reject(error) : Promise.resolve(value())
    }
    const mesh = this
    return {
      name: 'fake',
      self,
      device: { is: 'device_info', firmwareCode: 13, version: 'v1.17.1', buildDate: '14 Aug 2026', model: 'Simulated' },
      get clock () { return mesh.clockCheck },
      frames: { undecodable: 0, unasked: 0 },
      ended: new Promise(() => {}),
      checkClock: async () => {
        if (this.trouble) throw this.trouble
        return this.clockCheck
      },
      contacts: () => part('contacts', () => ({ total: this.repeaters.length, contacts: this.repeaters.map(contactOf) })),
      stats: (kind) => part(kind, () => ownStats[kind]),
      customVars: async () => ({}),
      ownTelemetry: () => part('telemetry', () => [{ channel: 1, type: 116, name: 'voltage', value: 4.01 }]),
      login: (key, password) => this.#ask<LoginSuccess>(key, { is: 'login', bytes: password.length }, 'login', (repeater) => {
        if (repeater.password !== password && !(password === '' && repeater.knowsUs)) return null
        repeater.knowsUs = true
        const answer: LoginSuccess = { is: 'login_success', isAdmin: true, prefix: key.slice(0, 6), clockS: Math.floor(this.#clock.now() / 1000) + repeater.clockOffsetS, permissions: 3, firmwareLevel: 2 }
        return { answer, bytes: 9 }
      }),
      request: (key, request) => this.#ask<Uint8Array>(key, { is: 'request', bytes: requestBytes[request.is] ?? 1 }, request.is, (repeater) => {
        if (!repeater.knowsUs) return null
        const answer = answerTo(repeater, request)
        return { answer, bytes: answer.length }
      }),
      resetPath: async (key) => {
        const repeater = this.#of(key)
        repeater.hops = null
        repeater.pathIsBroken = false
      },
      close: async () => {},
    }
  }

  #of (key: Uint8Array): FakeRepeater {
    return this.repeaters.find((one) => one.key[0] === key[0])!
  }

  async #ask<T> (key: Uint8Array, request: Request, is: Asking['is'], answer: (repeater: FakeRepeater) => { answer: T, bytes: number } | null): Promise<Asked<T>> {
    const error = this.trouble ?? this.broken.get('request')
    if (error) throw error
    const repeater = this.#of(key)
    const route: Route = { hops: repeater.hops, hashSize: 1 }
    const atMs = this.#clock.monotonicMs()
    const a = reckonedAirtimeMs(self, request)
    const sent: Sent = { is: 'sent', flooded: repeater.hops === null, tag: atMs, suggestedMs: repeater.hops === null ? 500 + 16 * a : 500 + (6 * a + 250) * (repeater.hops + 1) }
    this.asked.push({ atMs, name: repeater.name, is })
    this.airtime.push({ atMs, ms: requestMs(self, request, route, sent) })
    this.#giveUp()
    let superseded: () => void = () => {}
    const ended = new Promise<null>((resolve) => { superseded = () => { resolve(null) } })
    this.#giveUp = superseded
    const isHeard = (): boolean => this.#random.next() >= this.loss
    const arrives = repeater.isUp && !repeater.pathIsBroken && isHeard()
    const said = arrives ? answer(repeater) : null
    if (said === null) return { sent, requestBytes: request.bytes, answer: ended }
    const tripMs = 300 + requestMs(self, request, { hops: repeater.trueHops, hashSize: 1 }) + answerMs(self, said.bytes, { hops: repeater.trueHops, hashSize: 1 })
    const isBack = isHeard()
    const arrived = this.#clock.wait(tripMs + repeater.lateMs).then(() => {
      this.airtime.push({ atMs: this.#clock.monotonicMs(), ms: answerMs(self, said.bytes, route) })
      if (!isBack) return ended
      repeater.hops ??= repeater.trueHops
      return said.answer
    })
    return { sent, requestBytes: request.bytes, answer: Promise.race([ended, arrived]) }
  }
}

const requestBytes: Partial<Record<RemoteRequest['is'], number>> = { status: 1, telemetry: 5, neighbours: 11 }

function contactOf ({ name, key, hops }: FakeRepeater): Contact {
  return { is: 'contact', key, type: 2, flags: 0, hops, hashSize: 1, path: new Uint8Array(64), name, lastAdvertS: 0, latitude: 0, longitude: 0, lastModifiedS: 0 }
}

function answerTo (repeater: FakeRepeater, request: RemoteRequest): Uint8Array {
  switch (request.is) {
    case 'status': return encodeRepeaterStats(repeater.stats)
    case 'telemetry': return encodeLpp(repeater.telemetry)
    case 'neighbours': return encodeNeighbours({ total: repeater.neighbours.length, neighbours: repeater.neighbours.slice(request.offset, request.offset + request.count) })
    default: throw new RadioError('refused', `nobody asks for ${request.is}`)
  }
}
